import { urlOf } from '../api/client';
import type { Balance } from '../api/types';
import { useApi } from '../api/useApi';
import { useNetworks } from '../app/networks';
import { Amount } from '../components/Amount';
import { type Column, DataTable } from '../components/DataTable';
import { NetworkName } from '../components/NetworkName';
import { Panel } from '../components/Panel';
import { EmptyState, Loadable } from '../components/states';

const REFRESH_MS = 30_000;

export function BalancesPanel({ path }: { path: string }) {
  const { selected } = useNetworks();
  const state = useApi<{ items: Balance[] }>(urlOf(path, { network: selected?.network }), { refreshMs: REFRESH_MS, refreshOn: ['block'] });

  return (
    <Panel title="Balances" isFlush>
      <Loadable state={state} rows={2}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="No earnings yet">Rewards appear here as soon as the pool finds a block.</EmptyState>
          ) : (
            <DataTable caption="Balances by network" columns={columns} rows={items} rowKey={(balance) => balance.network_id} />
          )
        }
      </Loadable>
    </Panel>
  );
}

const columns: readonly Column<Balance>[] = [
  { key: 'network', label: 'Network', isHeader: true, render: (one) => <Coin balance={one} /> },
  amount('Available', (one) => one.available_sats),
  amount('Immature', (one) => one.pending_sats),
  amount('Sending', (one) => one.sending_sats),
  amount('Paid', (one) => one.paid_sats),
  amount('Minimum payout', (one) => one.minimum_payout_sats),
  amount('Estimated next block', (one) => one.estimated_round_sats),
  amount('Estimated per day', (one) => one.estimated_sats_per_day),
];

/** The network with its symbol: amounts are in this coin. */
function Coin({ balance }: { balance: Balance }) {
  return (
    <>
      <NetworkName network={balance.network} symbol={balance.symbol} /> <span className="muted">{balance.symbol}</span>
    </>
  );
}

function amount(label: string, read: (balance: Balance) => string | null): Column<Balance> {
  return { key: label, label, isNumber: true, render: (balance) => <Amount sats={read(balance)} /> };
}
