// A set of wallets being edited: what is wrong with it, and what is sent; pure.

import type { Balance, Network, WalletSet } from '../api/types';

/** What wallets have to know of their network. */
export type WalletNetwork = Pick<Network, 'network_id' | 'network' | 'display_name' | 'symbol' | 'icon'>;

/** Networks that are listed no more (archived) but still owe something. */
export function owedNetworks(balances: readonly Balance[], listed: readonly string[]): WalletNetwork[] {
  return balances
    .filter((one) => !listed.includes(one.network) && [one.available_sats, one.pending_sats].some((sats) => Number(sats ?? 0) > 0))
    .map((one) => ({ network_id: one.network_id, network: one.network, symbol: one.symbol, display_name: `${one.symbol} (archived)`, icon: null }));
}

export interface Draft {
  /** for React: rows are moved and removed */
  id: number;
  address: string;
  percent: string;
}

/** Two decimals, as the pool keeps them. */
const HUNDREDTHS = 100;

/** What was typed, in hundredths of a percent; null when it is no percentage. */
export function parsePercent(text: string): number | null {
  const match = /^(\d{1,3})(?:[.,](\d{1,2}))?$/.exec(text.trim());
  if (!match) return null;
  const hundredths = Number(match[1]) * HUNDREDTHS + Number((match[2] ?? '').padEnd(2, '0'));
  return hundredths > 0 && hundredths <= 100 * HUNDREDTHS ? hundredths : null;
}

/** What is missing to 100 %, in words; null when nothing is. */
export function percentProblem(drafts: readonly Draft[]): string | null {
  const parts = drafts.map((draft) => parsePercent(draft.percent));
  if (parts.some((part) => part === null)) return 'Each percentage is a number above 0, with two decimals at most.';
  const missing = 100 * HUNDREDTHS - parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
  if (missing === 0) return null;
  return missing > 0 ? `${missing / HUNDREDTHS} % are missing to 100 %.` : `${-missing / HUNDREDTHS} % too much.`;
}

/** A set without one of its addresses; who is left alone gets all. */
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

/** A network's set in force or in waiting; network null: the default. */
export function setOf(items: readonly WalletSet[], network: string | null, isPending: boolean): WalletSet | undefined {
  return items.find((item) => item.network === network && item.is_pending === isPending);
}

export function draftsOf(set: WalletSet | undefined): Draft[] {
  if (set === undefined || set.entries.length === 0) return [{ id: 0, address: '', percent: '100' }];
  return set.entries.map((entry, id) => ({ id, address: entry.address, percent: String(entry.percent) }));
}
