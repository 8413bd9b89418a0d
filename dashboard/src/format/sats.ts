// Amounts: strings of whole smallest units, which pass 2^53. They never become
// a number.

/** Decimals of a coin: all that Chimera mines divide into 10^8 units. */
const DECIMALS = 8;
const UNIT = 10n ** BigInt(DECIMALS);

export interface CoinAmount {
  sign: '' | '−';
  whole: string;
  fraction: string;
}

/** The parts of an amount as they are shown: thousands apart, all decimals. */
export function splitSats(sats: string): CoinAmount {
  const value = BigInt(sats);
  const size = value < 0n ? -value : value;
  return {
    sign: value < 0n ? '−' : '',
    whole: groupThousands((size / UNIT).toString()),
    fraction: (size % UNIT).toString().padStart(DECIMALS, '0'),
  };
}

/** "-123456789" as "−1.23456789"; – for what is not known. */
export function formatSats(sats: string | null): string {
  if (sats === null) return '–';
  const { sign, whole, fraction } = splitSats(sats);
  return `${sign}${whole}.${fraction}`;
}

/** An amount for an input field: no grouping, no zeros at its end. */
export function satsToInput(sats: string): string {
  const value = BigInt(sats);
  const fraction = (value % UNIT).toString().padStart(DECIMALS, '0').replace(/0+$/, '');
  return (value / UNIT).toString() + (fraction === '' ? '' : `.${fraction}`);
}

/** What was typed, as smallest units; null when it is no amount of the coin. */
export function parseCoins(text: string): string | null {
  const match = /^(\d{1,12})(?:[.,](\d{0,8}))?$/.exec(text.trim());
  if (!match) return null;
  return (BigInt(match[1] ?? '0') * UNIT + BigInt((match[2] ?? '').padEnd(DECIMALS, '0'))).toString();
}

export function sumSats(amounts: readonly string[]): string {
  return amounts.reduce((sum, sats) => sum + BigInt(sats), 0n).toString();
}

/** Only for drawing: a chart's height needs no more digits than a double has. */
export function satsForChart(sats: string): number {
  return Number(BigInt(sats)) / Number(UNIT);
}

function groupThousands(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}
