// Converts the API's series to a chart's lines and description; pure.

import type { Earnings, Hashrate, HashratePoint, HashrateSeries } from '../api/types';
import { satsForChart } from '../format/sats';

/** One line of a chart: its values at the chart's times; null: no value. */
export interface ChartSeries {
  key: string;
  label: string;
  /** index into the palette */
  color: number;
  isDashed?: boolean;
  values: (number | null)[];
}

export interface ChartData {
  /** unix seconds, ascending */
  times: number[];
  series: ChartSeries[];
}

export type Metric = 'hashrate' | 'shares' | 'workers';

/** The values of a point for each metric: [suffix of the label, reader]. */
const READERS: Record<Metric, [suffix: string, read: (point: HashratePoint) => number | null][]> = {
  hashrate: [['', (point) => point[1]]],
  shares: [
    [' accepted', (point) => point[2]],
    [' rejected', (point) => point[3]],
  ],
  workers: [['', (point) => point[4]]],
};

export interface Named {
  name: string;
  color: number;
}

/** A metric's lines of several networks, at common times. */
export function hashrateChart(series: readonly HashrateSeries[], metric: Metric, nameOf: (network: string) => Named): ChartData {
  const times = unionOfTimes(series.map((one) => one.points));
  const lines = series.flatMap((one) => {
    const { name, color } = nameOf(one.network);
    const byTime = new Map(one.points.map((point) => [point[0], point]));
    return READERS[metric].map(([suffix, read], i) => ({
      key: one.network + suffix,
      label: name + suffix,
      color,
      isDashed: i > 0,
      values: times.map((time) => {
        const point = byTime.get(time);
        return point === undefined ? null : read(point);
      }),
    }));
  });
  return { times, series: lines };
}

/** Hashes of different algorithms are not comparable, so each has its own group. */
export function groupByAlgorithm(hashrate: Hashrate): [algorithm: string, series: HashrateSeries[]][] {
  const groups = new Map<string, HashrateSeries[]>();
  for (const one of hashrate.series) groups.set(one.algorithm, [...(groups.get(one.algorithm) ?? []), one]);
  return [...groups].sort(([a], [b]) => a.localeCompare(b));
}

/** A coin's earnings; coins have no common unit, so each has its own chart. */
export function earningsChart(series: Earnings['series'][number], named: Named): ChartData {
  return {
    times: series.points.map(([time]) => time),
    series: [
      {
        key: series.network,
        label: named.name,
        color: named.color,
        values: series.points.map(([, sats]) => (sats === null ? null : satsForChart(sats))),
      },
    ],
  };
}

export function hasFigures(data: ChartData): boolean {
  return data.series.some((one) => one.values.some((value) => value !== null && value !== 0));
}

/** The indexes of values without neighbors. */
export function lonelyPoints(values: readonly (number | null)[]): number[] {
  const isThere = (i: number) => values[i] !== null && values[i] !== undefined;
  return values.flatMap((_, i) => (isThere(i) && !isThere(i - 1) && !isThere(i + 1) ? [i] : []));
}

/** A chart in words, for screen readers. */
export function describeChart(data: ChartData, format: (value: number | null) => string): string {
  return data.series.map((one) => describeSeries(one, format)).join(' ');
}

function describeSeries(one: ChartSeries, format: (value: number | null) => string): string {
  const known = one.values.filter((value) => value !== null);
  if (known.length === 0) return `${one.label}: no data.`;
  const sum = known.reduce((total, value) => total + value, 0);
  const lowest = known.reduce((least, value) => Math.min(least, value));
  const highest = known.reduce((most, value) => Math.max(most, value));
  return (
    `${one.label}: ${format(known[known.length - 1] ?? null)} at the end, ` +
    `${format(sum / known.length)} on average, from ${format(lowest)} to ${format(highest)}.`
  );
}

function unionOfTimes(lists: readonly (readonly HashratePoint[])[]): number[] {
  return [...new Set(lists.flatMap((points) => points.map((point) => point[0])))].sort((a, b) => a - b);
}
