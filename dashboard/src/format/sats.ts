// Amounts: integers in the smallest unit, as strings, because they may exceed 2^53.
// They are never converted to numbers.

/** All coins that Chimera mines divide into 10^8 units. */
const DECIMALS = 8;
const UNIT = 10n ** BigInt(DECIMALS);

export interface CoinAmount {
  sign: '' | '−';
  whole: string;
  fraction: string;
}

/** The parts of an amount for display: grouped thousands, all decimals. */
export function splitSats(sats: string): CoinAmount {
  const value = BigInt(sats);
  const size = value < 0n ? -value : value;
  return {
    sign: value < 0n ? '−' : '',
    whole: groupThousands((size / UNIT).toString()),
    fraction: (size % UNIT).toString().padStart(DECIMALS, '0'),
  };
}

/** "-123456789" as "−1.23456789"; – if unknown. */
export function formatSats(sats: string | null): string {
  if (sats === null) return '–';
  const { sign, whole, fraction } = splitSats(sats);
  return `${sign}${whole}.${fraction}`;
}

/** An amount for an input field: no grouping, no trailing zeros. */
export function satsToInput(sats: string): string {
  const value = BigInt(sats);
  const fraction = (value % UNIT).toString().padStart(DECIMALS, '0').replace(/0+$/, '');
  return (value / UNIT).toString() + (fraction === '' ? '' : `.${fraction}`);
}

/** A typed amount in the smallest unit; null if it is not valid. */
export function parseCoins(text: string): string | null {
  const match = /^(\d{1,12})(?:[.,](\d{0,8}))?$/.exec(text.trim());
  if (!match) return null;
  return (BigInt(match[1] ?? '0') * UNIT + BigInt((match[2] ?? '').padEnd(DECIMALS, '0'))).toString();
}

export function sumSats(amounts: readonly string[]): string {
  return amounts.reduce((sum, sats) => sum + BigInt(sats), 0n).toString();
}

/** For charts only, for which a double has enough digits. */
export function satsForChart(sats: string): number {
  return Number(BigInt(sats)) / Number(UNIT);
}

function groupThousands(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}
