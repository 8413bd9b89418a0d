// Numbers as text. An unknown value is a dash, never a zero.

export const UNKNOWN = '–';

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];

/** A number with an SI prefix and three or four digits. */
export function withPrefix(value: number, unit: string): string {
  let size = Math.abs(value);
  let step = 0;
  while (roundTo(size, 2) >= 1000 && step < PREFIXES.length - 1) {
    size /= 1000;
    step += 1;
  }
  const digits = size >= 100 || Number.isInteger(size) ? 0 : size >= 10 ? 1 : 2;
  const number = step === 0 && size > 0 && size < 1 ? significant(size) : size.toFixed(digits);
  return `${value < 0 ? '−' : ''}${number} ${PREFIXES[step]}${unit}`.trim();
}

export function formatHashrate(hashesPerSecond: number | null | undefined): string {
  return hashesPerSecond == null ? UNKNOWN : withPrefix(hashesPerSecond, 'H/s');
}

export function formatDifficulty(difficulty: number | null | undefined): string {
  return difficulty == null ? UNKNOWN : withPrefix(difficulty, '');
}

export function formatCount(count: number | null | undefined): string {
  return count == null ? UNKNOWN : Math.round(count).toLocaleString('en-US');
}

/** A count of things: "1 worker", "1,200 workers". */
export function countOf(count: number | null | undefined, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A ratio, 1 being 100 %. */
export function formatRatio(ratio: number | null | undefined): string {
  if (ratio == null || !Number.isFinite(ratio)) return UNKNOWN;
  const percent = ratio * 100;
  const digits = percent === 0 || percent >= 100 ? 0 : percent >= 1 ? 1 : 2;
  return `${percent.toFixed(digits)} %`;
}

export function formatPercent(percent: number | null | undefined): string {
  return percent == null ? UNKNOWN : `${trimZeros(percent.toFixed(4))} %`;
}

/** The ratio of a part to the whole; null if the whole is 0. */
export function shareOf(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}

function significant(value: number): string {
  return trimZeros(value.toFixed(Math.min(12, 2 - Math.floor(Math.log10(value)))));
}

function trimZeros(number: string): string {
  return number.includes('.') ? number.replace(/\.?0+$/, '') : number;
}

function roundTo(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
