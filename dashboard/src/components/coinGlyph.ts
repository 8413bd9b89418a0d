// Letters and color of a coin's disc; pure, so that a symbol looks the same everywhere.

/** Icons that could not be loaded and are not requested again on this page. */
export const failedIcons = new Set<string>();

/** Whether the icon is a file of this site; another site would learn who views these pages. */
export function isOwnPicture(icon: string | null | undefined): icon is string {
  return icon != null && /^\/[^/]/.test(icon) && !failedIcons.has(icon);
}

/** The well-known colors of large coins. */
const HUES: Record<string, number> = { BTC: 32, LTC: 214, DOGE: 44, BCH: 150, BSV: 52, DGB: 222, BDAG: 262, VTC: 140 };

/** One letter for a known coin, two for others, without the prefix of a test chain. */
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
