/** The month as a line: accepted of all. Loaded only where it is shown, since charts are heavy. */
import { Area, AreaChart, ResponsiveContainer, Tooltip, YAxis } from 'recharts';
import type { ReactNode } from 'react';
import type { DayCounts } from '../../../../feeds/store/days.ts';
import { showDay, showNumber, t } from '../../messages/text.ts';

export function Trend({ days }: { days: DayCounts[] }): ReactNode {
  const data = days.map(({ day, counts }) => ({
    day: showDay(`${day}T12:00:00Z`),
    accepted: counts.accepted,
    stopped: counts.blocked + counts.rejected,
  }));
  const [first, last] = [data[0], data.at(-1)];
  const label = t('home.trend', { from: first?.accepted ?? 0, to: last?.accepted ?? 0, count: days.length });
  return (
    <div role="img" aria-label={label} style={{ height: '100%' }}>
      <ResponsiveContainer width="100%" height="100%">
        <AreaChart data={data} margin={{ top: 4, right: 0, bottom: 0, left: 0 }} accessibilityLayer={false}>
          <YAxis hide domain={[0, 'dataMax']} />
          <Tooltip
            content={({ active, payload }) =>
              active ? <TrendNote day={payload?.[0]?.payload as (typeof data)[number] | undefined} /> : null
            }
          />
          <Area
            dataKey="accepted"
            type="monotone"
            stroke="var(--bar-accepted)"
            fill="var(--bar-accepted)"
            fillOpacity={0.15}
            strokeWidth={2}
            isAnimationActive={false}
          />
          <Area
            dataKey="stopped"
            type="monotone"
            stroke="var(--bar-rejected)"
            fill="none"
            strokeWidth={1.5}
            isAnimationActive={false}
          />
        </AreaChart>
      </ResponsiveContainer>
    </div>
  );
}

function TrendNote({
  day,
}: {
  day: { day: string; accepted: number; stopped: number } | undefined;
}): ReactNode {
  if (!day) return null;
  return (
    <div className="card" style={{ padding: '4px 8px', fontSize: 12 }}>
      {day.day}: {showNumber(day.accepted)} {t('frame.status-accepted')}, {showNumber(day.stopped)}{' '}
      {t('home.stopped')}
    </div>
  );
}
