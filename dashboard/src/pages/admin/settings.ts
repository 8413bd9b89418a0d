// A network's settings: their labels, and conversion between JSON and input
// fields; pure.

import type { SettingValue } from '../../api/adminTypes';
import { parseCoins, satsToInput } from '../../format/sats';

type Kind = 'text' | 'whole' | 'number' | 'list' | 'coins' | 'bits' | 'choice';

export interface Setting {
  key: string;
  label: string;
  kind: Kind;
  hint?: string;
  options?: readonly string[];
}

export interface SettingGroup {
  title: string;
  settings: readonly Setting[];
}

const INTERVAL = 'For example 1 day or 02:00:00';

export const GROUPS: readonly SettingGroup[] = [
  {
    title: 'Name and explorer',
    settings: [
      { key: 'display_name', label: 'Name', kind: 'text' },
      { key: 'symbol', label: 'Symbol', kind: 'text' },
      { key: 'icon', label: 'Icon', kind: 'text', hint: 'Path of an image on this site; if empty, the letters of the symbol' },
      { key: 'block_url', label: 'Explorer URL, block', kind: 'text', hint: '{hash} is replaced by the hash' },
      { key: 'transaction_url', label: 'Explorer URL, transaction', kind: 'text', hint: '{txid} is replaced by the id' },
      { key: 'address_url', label: 'Explorer URL, address', kind: 'text', hint: '{address} is replaced by the address' },
    ],
  },
  {
    title: 'Chain',
    settings: [
      { key: 'algorithm', label: 'Algorithm', kind: 'text', hint: 'Cannot be changed after the network was enabled' },
      { key: 'genesis_hash', label: 'Genesis hash', kind: 'text', hint: 'Hash of block 0; cannot be changed after the network was enabled' },
      { key: 'p2pkh_version', label: 'P2PKH version byte', kind: 'whole' },
      { key: 'p2sh_version', label: 'P2SH version byte', kind: 'whole' },
      { key: 'p2sh_version_old', label: 'Old P2SH version byte', kind: 'whole' },
      { key: 'bech32_hrp', label: 'Bech32 prefix', kind: 'text' },
      { key: 'cashaddr_prefix', label: 'Cashaddr prefix', kind: 'text' },
      { key: 'witness_version_max', label: 'Highest witness version', kind: 'whole', hint: '1 if the coin has taproot, else 0' },
      { key: 'template_rules', label: 'Template rules', kind: 'list', hint: 'Separated by commas' },
      { key: 'template_algorithm', label: 'Template algorithm', kind: 'text', hint: 'For coins with several algorithms' },
      { key: 'template_max_age_s', label: 'Maximum template age, s', kind: 'whole' },
      { key: 'easiest_nbits', label: 'Easiest target', kind: 'bits', hint: 'The chain’s limit in compact form, hexadecimal' },
      { key: 'difficulty_drop_max', label: 'Maximum difficulty drop per day', kind: 'number', hint: 'A factor; if empty, not limited' },
      { key: 'subsidy_rise_max', label: 'Maximum subsidy rise per day', kind: 'number', hint: 'A factor; if empty, not limited' },
      { key: 'version_mask', label: 'Version mask', kind: 'bits', hint: 'Version bits that miners may roll, hexadecimal; 0: none' },
    ],
  },
  {
    title: 'Blocks and shares',
    settings: [
      { key: 'pool_address', label: 'Pool address', kind: 'text', hint: 'Address that receives the block rewards' },
      { key: 'coinbase_tag', label: 'Coinbase tag', kind: 'text' },
      { key: 'confirmations_needed', label: 'Block confirmations', kind: 'whole' },
      { key: 'share_retention', label: 'Share retention', kind: 'text', hint: INTERVAL },
      { key: 'start_difficulty', label: 'Start difficulty', kind: 'number' },
      { key: 'min_difficulty', label: 'Minimum difficulty', kind: 'number' },
      { key: 'max_difficulty', label: 'Maximum difficulty', kind: 'number' },
      { key: 'vardiff_target_s', label: 'Vardiff target time, s', kind: 'number' },
      { key: 'vardiff_retarget_s', label: 'Vardiff retarget interval, s', kind: 'number' },
      { key: 'vardiff_retarget_shares', label: 'Vardiff retarget shares', kind: 'whole' },
      { key: 'vardiff_variance', label: 'Vardiff variance', kind: 'number', hint: 'For example 0.15 for 15 %' },
    ],
  },
  {
    title: 'Payouts',
    settings: [
      { key: 'payout_interval', label: 'Payout interval', kind: 'text', hint: `${INTERVAL}; if empty, no automatic payouts` },
      { key: 'minimum_payout_sats', label: 'Minimum payout', kind: 'coins', hint: 'In coins' },
      { key: 'dust_sats', label: 'Minimum output', kind: 'coins', hint: 'In coins; smaller amounts stay in the balance' },
      { key: 'pool_reserve_sats', label: 'Pool reserve', kind: 'coins', hint: 'In coins; the pool’s own account may be overdrawn by this amount' },
      { key: 'dust_relay_fee_sats', label: 'Dust relay fee', kind: 'coins', hint: 'The nodes’ dustrelayfee in coins per 1000 bytes; it determines the minimum output of each type' },
      { key: 'payout_fee_payer', label: 'Transaction fee paid by', kind: 'choice', options: ['pool', 'recipients'] },
      { key: 'payout_confirmations', label: 'Payout confirmations', kind: 'whole' },
      { key: 'wallet_change_delay', label: 'Wallet change delay', kind: 'text', hint: INTERVAL },
    ],
  },
];

export const SETTINGS: readonly Setting[] = GROUPS.flatMap((group) => group.settings);

/** A value as the text of an input field. */
export function toInput(setting: Setting, value: SettingValue | undefined): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.join(', ');
  if (setting.kind === 'coins') return satsToInput(String(value));
  if (setting.kind === 'bits') return Number(value).toString(16);
  return String(value);
}

export type Parsed = { value: SettingValue } | { problem: string };

/** The value of a field's text; an empty one is null, which the pool rejects if it is not allowed. */
export function fromInput(setting: Setting, text: string): Parsed {
  const typed = text.trim();
  if (typed === '') return { value: setting.kind === 'list' ? [] : null };
  switch (setting.kind) {
    case 'whole':
      return /^\d{1,15}$/.test(typed) ? { value: Number(typed) } : { problem: 'Enter a whole number.' };
    case 'number':
      return Number.isFinite(Number(typed)) ? { value: Number(typed) } : { problem: 'Enter a number.' };
    case 'coins': {
      const sats = parseCoins(typed);
      return sats === null ? { problem: 'Enter an amount with up to 8 decimals.' } : { value: sats };
    }
    case 'bits':
      return /^[0-9a-f]{1,8}$/i.test(typed) ? { value: parseInt(typed, 16) } : { problem: 'Enter up to 8 hexadecimal digits.' };
    case 'list':
      return { value: typed.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()])) };
    default:
      return { value: typed };
  }
}

export interface Changes {
  changes: Record<string, SettingValue>;
  /** by the setting's key */
  problems: Record<string, string>;
}

/** The settings whose texts differ from the previous ones, ready to be sent. */
export function changesOf(former: Readonly<Record<string, string>>, typed: Readonly<Record<string, string>>): Changes {
  const result: Changes = { changes: {}, problems: {} };
  for (const setting of SETTINGS) {
    const text = typed[setting.key] ?? '';
    if (text === (former[setting.key] ?? '')) continue;
    const parsed = fromInput(setting, text);
    if ('problem' in parsed) result.problems[setting.key] = parsed.problem;
    else result.changes[setting.key] = parsed.value;
  }
  return result;
}
