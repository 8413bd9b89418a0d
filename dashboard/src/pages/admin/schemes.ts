// The reward schemes and their parameters; the pool checks the ranges.

export interface Parameter {
  key: string;
  label: string;
  hint?: string;
}

const FEE: Parameter = { key: 'fee_percent', label: 'Fee, %' };
const DONATION: Parameter = { key: 'donation_percent', label: 'Donation, %' };
const WINDOW: Parameter = { key: 'window', label: 'Window', hint: 'In multiples of the network difficulty' };
const BONUS: Parameter = { key: 'finder_bonus_percent', label: 'Finder bonus, %' };

export const SCHEMES: Readonly<Record<string, readonly Parameter[]>> = {
  pplns: [FEE, DONATION, WINDOW, BONUS],
  prop: [FEE, DONATION, BONUS],
  solo: [FEE, DONATION],
  pps: [FEE, DONATION],
  'pps+': [FEE, DONATION, WINDOW],
  fpps: [FEE, DONATION],
  score: [FEE, DONATION, BONUS, { key: 'score_constant_s', label: 'Score constant, s' }],
  slice: [FEE, DONATION, WINDOW, BONUS, { key: 'slice_fee_delta_sats', label: 'Slice fee delta, smallest units' }],
};

/** The typed parameters as JSON numbers, and previous parameters without a field; null if one is not a number. */
export function parametersOf(
  scheme: string,
  typed: Readonly<Record<string, string>>,
  former: Readonly<Record<string, unknown>>,
): Record<string, unknown> | null {
  const parameters: Record<string, unknown> = {};
  for (const key of ['account_fees', 'account_donations']) {
    if (former[key] !== undefined) parameters[key] = former[key];
  }
  for (const { key } of SCHEMES[scheme] ?? []) {
    const text = (typed[key] ?? '').trim();
    if (text === '') continue;
    if (!/^\d+(\.\d+)?$/.test(text)) return null;
    parameters[key] = Number(text);
  }
  return parameters;
}
