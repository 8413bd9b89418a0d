// A network's settings: what each is called, and its way between JSON and an
// input field; pure.

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

const INTERVAL = 'As 1 day or 02:00:00';

export const GROUPS: readonly SettingGroup[] = [
  {
    title: 'What it is called',
    settings: [
      { key: 'display_name', label: 'Name', kind: 'text' },
      { key: 'symbol', label: 'Symbol', kind: 'text' },
      { key: 'icon', label: 'Icon', kind: 'text', hint: 'The path of a picture on this site; empty: the symbol’s letters' },
      { key: 'block_url', label: 'Explorer, block', kind: 'text', hint: '{hash} stands for the hash' },
      { key: 'transaction_url', label: 'Explorer, transaction', kind: 'text', hint: '{txid} stands for its id' },
      { key: 'address_url', label: 'Explorer, address', kind: 'text', hint: '{address} stands for it' },
    ],
  },
  {
    title: 'Chain',
    settings: [
      { key: 'algorithm', label: 'Algorithm', kind: 'text', hint: 'Fixed once the network was enabled' },
      { key: 'genesis_hash', label: 'Genesis hash', kind: 'text', hint: 'Of block 0; fixed once the network was enabled' },
      { key: 'p2pkh_version', label: 'P2PKH version byte', kind: 'whole' },
      { key: 'p2sh_version', label: 'P2SH version byte', kind: 'whole' },
      { key: 'p2sh_version_old', label: 'Old P2SH version byte', kind: 'whole' },
      { key: 'bech32_hrp', label: 'Bech32 prefix', kind: 'text' },
      { key: 'cashaddr_prefix', label: 'Cashaddr prefix', kind: 'text' },
      { key: 'template_rules', label: 'Template rules', kind: 'list', hint: 'With commas between them' },
      { key: 'template_algorithm', label: 'Template algorithm', kind: 'text', hint: 'For coins with several' },
      { key: 'template_max_age_s', label: 'Template’s age at most, s', kind: 'whole' },
      { key: 'easiest_nbits', label: 'Easiest target', kind: 'bits', hint: 'Compact form, hexadecimal: the chain’s limit' },
      { key: 'difficulty_drop_max', label: 'Difficulty falls in a day by', kind: 'number', hint: 'A factor; empty: by any' },
      { key: 'subsidy_rise_max', label: 'Subsidy rises in a day by', kind: 'number', hint: 'A factor; empty: by any' },
      { key: 'version_mask', label: 'Version bits to roll', kind: 'bits', hint: 'Hexadecimal; 0: none' },
    ],
  },
  {
    title: 'Blocks and shares',
    settings: [
      { key: 'pool_address', label: 'Pool’s address', kind: 'text', hint: 'Where the coinbase pays to' },
      { key: 'coinbase_tag', label: 'Coinbase tag', kind: 'text' },
      { key: 'confirmations_needed', label: 'Confirmations of a block', kind: 'whole' },
      { key: 'share_retention', label: 'Shares are kept for', kind: 'text', hint: INTERVAL },
      { key: 'start_difficulty', label: 'Start difficulty', kind: 'number' },
      { key: 'min_difficulty', label: 'Lowest difficulty', kind: 'number' },
      { key: 'max_difficulty', label: 'Highest difficulty', kind: 'number' },
      { key: 'vardiff_target_s', label: 'A share every, s', kind: 'number' },
      { key: 'vardiff_retarget_s', label: 'Difficulty looked at every, s', kind: 'number' },
      { key: 'vardiff_retarget_shares', label: '… or every so many shares', kind: 'whole' },
      { key: 'vardiff_variance', label: 'Deviation left alone', kind: 'number', hint: '0.15: 15 %' },
    ],
  },
  {
    title: 'Payouts',
    settings: [
      { key: 'payout_interval', label: 'Paid every', kind: 'text', hint: `${INTERVAL}; empty: never by itself` },
      { key: 'minimum_payout_sats', label: 'Minimum payout', kind: 'coins', hint: 'In coins' },
      { key: 'dust_sats', label: 'Least output', kind: 'coins', hint: 'In coins; less stays in the balance' },
      { key: 'pool_reserve_sats', label: 'Pool’s reserve', kind: 'coins', hint: 'In coins; the pool’s own account may be as far below zero' },
      { key: 'payout_fee_payer', label: 'The transaction’s fee is', kind: 'choice', options: ['pool', 'recipients'] },
      { key: 'payout_confirmations', label: 'Confirmations of a payout', kind: 'whole' },
      { key: 'wallet_change_delay', label: 'Changed wallets hold after', kind: 'text', hint: INTERVAL },
    ],
  },
];

export const SETTINGS: readonly Setting[] = GROUPS.flatMap((group) => group.settings);

/** What a field shows of a value. */
export function toInput(setting: Setting, value: SettingValue | undefined): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.join(', ');
  if (setting.kind === 'coins') return satsToInput(String(value));
  if (setting.kind === 'bits') return Number(value).toString(16);
  return String(value);
}

export type Parsed = { value: SettingValue } | { problem: string };

/** What a field's text means; empty is null, the pool says where that is not allowed. */
export function fromInput(setting: Setting, text: string): Parsed {
  const typed = text.trim();
  if (typed === '') return { value: setting.kind === 'list' ? [] : null };
  switch (setting.kind) {
    case 'whole':
      return /^\d{1,15}$/.test(typed) ? { value: Number(typed) } : { problem: 'A whole number.' };
    case 'number':
      return Number.isFinite(Number(typed)) ? { value: Number(typed) } : { problem: 'A number.' };
    case 'coins': {
      const sats = parseCoins(typed);
      return sats === null ? { problem: 'An amount with 8 decimals at most.' } : { value: sats };
    }
    case 'bits':
      return /^[0-9a-f]{1,8}$/i.test(typed) ? { value: parseInt(typed, 16) } : { problem: 'Up to 8 hexadecimal digits.' };
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

/** What differs from the former texts, ready to be sent. */
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
