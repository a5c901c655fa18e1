/** "2 min ago", kept true while the page is open; the exact time is one hover away. */
import { useEffect, useState, type ReactNode } from 'react';
import { showAgo, showTime } from '../messages/text.ts';

export function Ago(props: { time: string }): ReactNode {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 20_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={props.time} title={showTime(props.time)}>
      {showAgo(props.time, now)}
    </time>
  );
}
