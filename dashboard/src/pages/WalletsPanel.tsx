import { urlOf } from '../api/client';
import type { Balance, WalletSet } from '../api/types';
import { useApi } from '../api/useApi';
import { useNetworks } from '../app/networks';
import { EmptyState, Loadable } from '../components/states';
import { WalletCard } from './WalletCard';
import { owedNetworks, setOf, type WalletNetwork } from './wallets';

/** The payout addresses on the selected network, or the default ones and those of all networks, including
 *  archived networks with a balance. */
export function WalletsPanel() {
  const { networks, selected } = useNetworks();
  const state = useApi<{ items: WalletSet[] }>(urlOf('/user/wallets'));
  const balances = useApi<{ items: Balance[] }>(urlOf('/user/balances'));
  const listed = networks ?? [];
  const owed = networks === undefined ? [] : owedNetworks(balances.data?.items ?? [], listed.map((one) => one.network));
  const shown: readonly WalletNetwork[] = selected ? [selected] : [...listed, ...owed];

  return (
    <Loadable state={state} rows={4}>
      {({ items }) => (
        <>
          {selected === null && <WalletCard {...cardOf(items, null)} onChange={state.reload} />}
          {shown.map((network) => (
            <WalletCard key={network.network_id} {...cardOf(items, network)} onChange={state.reload} />
          ))}
          {shown.length === 0 && <EmptyState title="No networks yet">The pool’s operator has not added a network.</EmptyState>}
        </>
      )}
    </Loadable>
  );
}

function cardOf(items: readonly WalletSet[], network: WalletNetwork | null) {
  const name = network?.network ?? null;
  return { network, current: setOf(items, name, false), pending: setOf(items, name, true) };
}
