// A chart with its legend, a description in words, and a table.

import { useId, useMemo, useState } from 'react';

import { EmptyState } from '../components/states';
import { type ChartData, describeChart, hasFigures } from './data';
import type { Shape } from './options';
import { seriesColor } from './palette';
import { Plot } from './Plot';

interface Props {
  /** metric and range: "Hashrate over the last 24 hours" */
  title: string;
  data: ChartData;
  format: (value: number | null) => string;
  shape?: Shape;
  height?: number;
  emptyText: string;
}

export function TimeChart({ title, data, format, shape = 'line', height = 240, emptyText }: Props) {
  const id = useId();
  const [hasTable, setHasTable] = useState(false);
  const formatTime = useMemo(() => timeFormat(data.times), [data]);

  if (!hasFigures(data)) return <EmptyState title="No data">{emptyText}</EmptyState>;
  return (
    <figure className="chart" aria-labelledby={`${id}-title`} aria-describedby={`${id}-words`}>
      <figcaption id={`${id}-title`} className="visually-hidden">
        {title}
      </figcaption>
      <p id={`${id}-words`} className="visually-hidden">
        {describeChart(data, format)}
      </p>
      {data.series.length > 1 && <Legend data={data} />}
      <Plot data={data} shape={shape} height={height} format={format} formatTime={formatTime} />
      <details className="chart-table" onToggle={(event) => setHasTable(event.currentTarget.open)}>
        <summary>Show as table</summary>
        {hasTable && <ChartTable title={title} data={data} format={format} formatTime={formatTime} />}
      </details>
    </figure>
  );
}

function Legend({ data }: { data: ChartData }) {
  return (
    <ul className="chart-legend" aria-hidden="true">
      {data.series.map((one) => (
        <li key={one.key}>
          <span className={one.isDashed ? 'line is-dashed' : 'line'} style={{ color: seriesColor(one.color) }} />
          {one.label}
        </li>
      ))}
    </ul>
  );
}

interface TableProps extends Pick<Props, 'title' | 'data' | 'format'> {
  formatTime: (at: number) => string;
}

function ChartTable({ title, data, format, formatTime }: TableProps) {
  return (
    <div className="chart-table-scroll" tabIndex={0} role="region" aria-label={`${title}, as a table`}>
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">Time</th>
            {data.series.map((one) => (
              <th key={one.key} scope="col" className="is-number">
                {one.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.times
            .map((time, i) => (
              <tr key={time}>
                <th scope="row">{formatTime(time)}</th>
                {data.series.map((one) => (
                  <td key={one.key} className="is-number">
                    {format(one.values[i] ?? null)}
                  </td>
                ))}
              </tr>
            ))
            .reverse()}
        </tbody>
      </table>
    </div>
  );
}

/** Only dates if points are days apart. */
function timeFormat(times: readonly number[]): (at: number) => string {
  const step = (times[1] ?? 0) - (times[0] ?? 0);
  const options: Intl.DateTimeFormatOptions = step >= 86_400 ? { dateStyle: 'medium' } : { dateStyle: 'medium', timeStyle: 'short' };
  return (at) => new Date(at * 1000).toLocaleString(undefined, options);
}
