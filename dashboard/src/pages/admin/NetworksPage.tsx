import { urlOf } from '../../api/client';
import type { AdminNetwork } from '../../api/adminTypes';
import { useApi } from '../../api/useApi';
import { Badge } from '../../components/Badge';
import { CoinIcon } from '../../components/CoinIcon';
import { type Column, DataTable } from '../../components/DataTable';
import { Link } from '../../components/Link';
import { Page } from '../../components/Page';
import { Panel } from '../../components/Panel';
import { EmptyState, Loadable } from '../../components/states';
import { UNKNOWN } from '../../format/numbers';
import { NetworkState } from './NetworkState';

const REFRESH_MS = 15_000;

export function NetworksPage() {
  const state = useApi<{ items: AdminNetwork[] }>(urlOf('/admin/networks'), { refreshMs: REFRESH_MS, refreshOn: ['network', 'switch'] });
  return (
    <Page
      title="Networks"
      lead="All networks of the pool, including disabled ones"
      actions={
        <Link to={{ page: 'admin-add-network' }} className="button is-primary">
          Add network
        </Link>
      }
    >
      <Panel title="All networks" isFlush>
        <Loadable state={state} rows={4}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState title="No networks yet">Add the first network. Presets contain the parameters of known coins.</EmptyState>
            ) : (
              <DataTable caption="All networks" columns={columns} rows={items} rowKey={(network) => network.network_id} />
            )
          }
        </Loadable>
      </Panel>
    </Page>
  );
}

const columns: readonly Column<AdminNetwork>[] = [
  {
    key: 'network',
    label: 'Network',
    isHeader: true,
    render: (network) => (
      <Link to={{ page: 'admin-network', network: network.network }} className="network-name">
        <CoinIcon symbol={network.symbol} icon={network.icon} size={18} />
        {network.display_name}
      </Link>
    ),
  },
  { key: 'name', label: 'Short name', render: (network) => <code>{network.network}</code> },
  { key: 'symbol', label: 'Symbol', render: (network) => network.symbol },
  { key: 'algorithm', label: 'Algorithm', render: (network) => network.algorithm },
  { key: 'state', label: 'State', render: (network) => <NetworkState network={network} /> },
  { key: 'scheme', label: 'Scheme', render: (network) => network.reward_settings[0]?.scheme.toUpperCase() ?? UNKNOWN },
  { key: 'nodes', label: 'Nodes', isNumber: true, render: (network) => network.nodes.length },
  { key: 'health', label: 'Health', render: (network) => <Health network={network} /> },
];

function Health({ network }: { network: AdminNetwork }) {
  const bad = network.health.filter((part) => !part.ok);
  if (network.state !== 'enabled') return <>{UNKNOWN}</>;
  if (bad.length === 0) return <Badge tone="good">good</Badge>;
  return (
    <span title={bad.map((part) => `${part.part}: ${part.message ?? ''}`).join('\n')}>
      <Badge tone="bad">{bad.map((part) => part.part).join(', ')}</Badge>
    </span>
  );
}
