// The reward schemes and what each takes; the pool checks the ranges.

export interface Parameter {
  key: string;
  label: string;
  hint?: string;
}

const FEE: Parameter = { key: 'fee_percent', label: 'Fee, %' };
const DONATION: Parameter = { key: 'donation_percent', label: 'Donation, %' };
const WINDOW: Parameter = { key: 'window', label: 'Window', hint: 'In network difficulties' };
const BONUS: Parameter = { key: 'finder_bonus_percent', label: 'Finder’s bonus, %' };

export const SCHEMES: Readonly<Record<string, readonly Parameter[]>> = {
  pplns: [FEE, DONATION, WINDOW, BONUS],
  prop: [FEE, DONATION, BONUS],
  solo: [FEE, DONATION],
  pps: [FEE, DONATION],
  'pps+': [FEE, DONATION, WINDOW],
  fpps: [FEE, DONATION],
  score: [FEE, DONATION, BONUS, { key: 'score_constant_s', label: 'Fading time, s' }],
  slice: [FEE, DONATION, WINDOW, BONUS, { key: 'slice_fee_delta_sats', label: 'Slice’s fee step, smallest units' }],
};

/** The typed parameters as JSON numbers, those of former settings that have no field kept; null when one is no number. */
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
