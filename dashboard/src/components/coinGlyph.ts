// What a coin's disc shows: pure, so that a symbol looks the same everywhere.

/** Pictures that could not be had: they are not asked for again on this page. */
export const failedIcons = new Set<string>();

/** Whether it is a file of this site: another site's picture would tell it who looks at these pages. */
export function isOwnPicture(icon: string | null | undefined): icon is string {
  return icon != null && /^\/[^/]/.test(icon) && !failedIcons.has(icon);
}

/** The hues that people know the large coins by. */
const HUES: Record<string, number> = { BTC: 32, LTC: 214, DOGE: 44, BCH: 150, BSV: 52, DGB: 222, BDAG: 262, VTC: 140 };

/** Letters: one of a known coin, two of others; what marks a test chain stays. */
export function glyphOf(symbol: string): string {
  const upper = symbol.replace(/[^A-Za-z]/g, '').replace(/^[tr](?=[A-Z]{3})/, '');
  const known = { BTC: 'B', LTC: 'Ł', DOGE: 'Ð' }[upper.toUpperCase()];
  return known ?? (upper === '' ? '?' : upper.slice(0, 2).toUpperCase());
}

export function coinHue(symbol: string): number {
  const upper = symbol.replace(/^[tr](?=[A-Z]{3})/, '').toUpperCase();
  let hash = 0;
  for (const letter of upper) hash = (hash * 31 + letter.charCodeAt(0)) % 360;
  return HUES[upper] ?? hash;
}
