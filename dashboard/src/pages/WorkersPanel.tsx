import type { Worker } from '../api/types';
import { useNetworks } from '../app/networks';
import { Badge } from '../components/Badge';
import type { Column } from '../components/DataTable';
import { NetworkName } from '../components/NetworkName';
import { PagedTable } from '../components/PagedTable';
import { Panel } from '../components/Panel';
import { TimeAgo } from '../components/TimeAgo';
import { EmptyState } from '../components/states';
import { usePages } from '../components/usePages';
import { formatCount, formatHashrate, formatRatio, shareOf, UNKNOWN } from '../format/numbers';

const REFRESH_MS = 30_000;

export function WorkersPanel({ path }: { path: string }) {
  const { selected } = useNetworks();
  const pages = usePages<Worker>(path, { network: selected?.network }, { refreshMs: REFRESH_MS });

  return (
    <Panel title="Workers" isFlush>
      <PagedTable
        pages={pages}
        caption="Workers, newest first"
        columns={columns}
        rowKey={(worker) => `${worker.miner_id} ${worker.network_id ?? ''}`}
        empty={<EmptyState title="No workers yet">See the Connect page to connect a worker.</EmptyState>}
      />
    </Panel>
  );
}

const columns: readonly Column<Worker>[] = [
  { key: 'name', label: 'Worker', isHeader: true, render: (worker) => worker.miner || '(no name)' },
  { key: 'state', label: 'State', render: (worker) => <State worker={worker} /> },
  { key: 'network', label: 'Network', render: (worker) => (worker.network === null ? UNKNOWN : <NetworkName network={worker.network} />) },
  { key: '15m', label: 'Hashrate 15 min', isNumber: true, render: (worker) => formatHashrate(worker.hashrate_15m_hs) },
  { key: '24h', label: 'Hashrate 24 h', isNumber: true, render: (worker) => formatHashrate(worker.hashrate_24h_hs) },
  { key: 'shares', label: 'Shares 24 h', isNumber: true, render: (worker) => formatCount(worker.accepted_24h) },
  { key: 'rejected', label: 'Rejected', isNumber: true, render: (worker) => formatRatio(rejectedPart(worker)) },
  { key: 'last', label: 'Last share', render: (worker) => <TimeAgo at={worker.last_share_at} /> },
];

function State({ worker }: { worker: Worker }) {
  if (!worker.is_online) return <Badge>offline</Badge>;
  return (
    <>
      <Badge tone="good">online</Badge>{' '}
      <span className="muted">
        since <TimeAgo at={worker.connected_since} />
      </span>
    </>
  );
}

function rejectedPart({ accepted_24h: accepted, rejected_24h: rejected }: Worker): number | null {
  return accepted === null || rejected === null ? null : shareOf(rejected, accepted + rejected);
}
