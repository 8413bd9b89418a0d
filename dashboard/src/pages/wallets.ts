// Payout addresses being edited: checks, and the request's body; pure.

import type { Balance, Network, WalletSet } from '../api/types';

/** The network's properties that the wallet pages show. */
export type WalletNetwork = Pick<Network, 'network_id' | 'network' | 'display_name' | 'symbol' | 'icon'>;

/** Networks that are no longer listed (archived) but on which the account has a balance. */
export function owedNetworks(balances: readonly Balance[], listed: readonly string[]): WalletNetwork[] {
  return balances
    .filter((one) => !listed.includes(one.network) && [one.available_sats, one.pending_sats].some((sats) => Number(sats ?? 0) > 0))
    .map((one) => ({ network_id: one.network_id, network: one.network, symbol: one.symbol, display_name: `${one.symbol} (archived)`, icon: null }));
}

export interface Draft {
  /** React's key, since rows are removed */
  id: number;
  address: string;
  percent: string;
}

/** The pool stores two decimals. */
const HUNDREDTHS = 100;

/** A typed percentage in hundredths; null if it is not valid. */
export function parsePercent(text: string): number | null {
  const match = /^(\d{1,3})(?:[.,](\d{1,2}))?$/.exec(text.trim());
  if (!match) return null;
  const hundredths = Number(match[1]) * HUNDREDTHS + Number((match[2] ?? '').padEnd(2, '0'));
  return hundredths > 0 && hundredths <= 100 * HUNDREDTHS ? hundredths : null;
}

/** Why the percentages are not valid; null if they are. */
export function percentProblem(drafts: readonly Draft[]): string | null {
  const parts = drafts.map((draft) => parsePercent(draft.percent));
  if (parts.some((part) => part === null)) return 'Each percentage must be a number above 0 with up to two decimals.';
  const missing = 100 * HUNDREDTHS - parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
  if (missing === 0) return null;
  return `The percentages must add up to 100 %, but are ${(100 * HUNDREDTHS - missing) / HUNDREDTHS} %.`;
}

/** Removes an address; a single remaining one gets 100 %. */
export function withoutDraft(drafts: readonly Draft[], id: number): Draft[] {
  const left = drafts.filter((draft) => draft.id !== id);
  return left.length === 1 ? left.map((draft) => ({ ...draft, percent: '100' })) : left;
}

export function isDuplicate(drafts: readonly Draft[], draft: Draft): boolean {
  const address = draft.address.trim();
  return address !== '' && drafts.some((other) => other.id !== draft.id && other.address.trim() === address);
}

export function bodyOf(network: string | null, drafts: readonly Draft[]): object {
  return {
    network,
    addresses: drafts.map((draft) => draft.address.trim()),
    percents: drafts.map((draft) => (parsePercent(draft.percent) ?? 0) / HUNDREDTHS),
  };
}

/** A network's current or pending addresses; network null: the default ones. */
export function setOf(items: readonly WalletSet[], network: string | null, isPending: boolean): WalletSet | undefined {
  return items.find((item) => item.network === network && item.is_pending === isPending);
}

export function draftsOf(set: WalletSet | undefined): Draft[] {
  if (set === undefined || set.entries.length === 0) return [{ id: 0, address: '', percent: '100' }];
  return set.entries.map((entry, id) => ({ id, address: entry.address, percent: String(entry.percent) }));
}
