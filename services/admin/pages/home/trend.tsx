/** The month as two lines: accepted, and what was stopped. Loaded only where it is shown. */
import { Text, useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { DayCounts } from '../../../../feeds/store/days.ts';
import { showDay, showNumber, t } from '../../messages/text.ts';

const height = 56;

export function Trend({ days }: { days: DayCounts[] }): ReactNode {
  const { ref, width } = useElementSize();
  const place = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme();
  const [under, setUnder] = useState<number>();
  useEffect(() => {
    if (!place.current || width === 0) return;
    const chart = draw(place.current, days, width, setUnder);
    return () => chart.destroy();
    // a canvas knows no custom properties: other colours are drawn anew
  }, [days, width, scheme]);
  const counts = days.map(({ counts: one }) => one);
  const label = t('home.trend', {
    from: counts[0]?.accepted ?? 0,
    to: counts.at(-1)?.accepted ?? 0,
    count: days.length,
  });
  const day = under === undefined ? undefined : days[under];
  return (
    <div ref={ref} role="img" aria-label={label} style={{ position: 'relative', height }}>
      <div ref={place} />
      {day && (
        <Text size="xs" className="card" px={6} style={{ position: 'absolute', right: 0, top: 0 }}>
          {showDay(`${day.day}T12:00:00Z`)}: {showNumber(day.counts.accepted)} {t('frame.status-accepted')},{' '}
          {showNumber(day.counts.blocked + day.counts.rejected)} {t('home.stopped')}
        </Text>
      )}
    </div>
  );
}

function draw(
  place: HTMLElement,
  days: DayCounts[],
  width: number,
  onUnder: (at: number | undefined) => void,
): UPlot {
  const colors = getComputedStyle(place);
  const colorOf = (name: string): string => colors.getPropertyValue(name).trim();
  const accepted = colorOf('--bar-accepted');
  return new UPlot(
    {
      width,
      height,
      padding: [4, 0, 2, 0],
      legend: { show: false },
      axes: [{ show: false }, { show: false }],
      scales: { x: { time: false }, y: { range: (_chart, _min, most) => [0, Math.max(1, most)] } },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
      series: [
        {},
        { stroke: accepted, fill: `color-mix(in srgb, ${accepted} 15%, transparent)`, width: 2, points: { show: false } },
        { stroke: colorOf('--bar-rejected'), width: 1.5, points: { show: false } },
      ],
      hooks: { setCursor: [({ cursor }) => onUnder(cursor.idx ?? undefined)] },
    },
    [
      days.map((_, at) => at),
      days.map(({ counts }) => counts.accepted),
      days.map(({ counts }) => counts.blocked + counts.rejected),
    ],
    place,
  ); // prettier-ignore
}
