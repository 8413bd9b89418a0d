// The ranges of time of charts and lists, with the API's names.

export const RANGES = ['1h', '6h', '12h', '24h', '3d', '7d', '30d', '90d', 'all'] as const;
export type Range = (typeof RANGES)[number];
export const DEFAULT_RANGE: Range = '24h';

export const TOP_RANGES = ['1h', '24h', '7d'] as const;
export type TopRange = (typeof TOP_RANGES)[number];

const UNITS: Record<string, string> = { h: 'hour', d: 'day' };

export function isRange(text: string | null | undefined): text is Range {
  return RANGES.some((range) => range === text);
}

/** "24h" as "the last 24 hours", for screen readers and captions. */
export function describeRange(range: Range): string {
  if (range === 'all') return 'all time';
  const count = Number(range.slice(0, -1));
  const unit = UNITS[range.slice(-1)] ?? '';
  return count === 1 ? `the last ${unit}` : `the last ${count} ${unit}s`;
}
