import { useState } from 'react';

import { urlOf } from '../api/client';
import type { TopMiner } from '../api/types';
import { useApi } from '../api/useApi';
import { useNetworks } from '../app/networks';
import { type Column, DataTable } from '../components/DataTable';
import { Hash } from '../components/Hash';
import { Link } from '../components/Link';
import { NetworkName } from '../components/NetworkName';
import { Page } from '../components/Page';
import { Panel } from '../components/Panel';
import { Segmented } from '../components/Segmented';
import { EmptyState, Loadable } from '../components/states';
import { formatCount, formatHashrate } from '../format/numbers';
import { TOP_RANGES, type TopRange } from '../format/ranges';

const SHOWN = 50;
const REFRESH_MS = 30_000;

export function MinersPage() {
  const { selected } = useNetworks();
  const [range, setRange] = useState<TopRange>('24h');
  const state = useApi<{ items: TopMiner[] }>(urlOf('/pool/top-miners', { network: selected?.network, range, limit: SHOWN }), {
    refreshMs: REFRESH_MS,
  });

  return (
    <Page title="Miners" lead="Top miners by accepted work. The names of private accounts are hidden.">
      <Panel
        title="Top miners"
        isFlush
        actions={
          <Segmented label="Time range" options={TOP_RANGES.map((value) => ({ value, label: value }))} value={range} onChange={setRange} />
        }
      >
        <Loadable state={state} rows={8}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState title="No miners in this period">See the Connect page to start mining.</EmptyState>
            ) : (
              <DataTable
                caption={`Miners by accepted work in the last ${range}`}
                columns={selected ? columns.filter((column) => column.key !== 'network') : columns}
                rows={items}
                rowKey={(miner) => `${miner.network_id} ${miner.rank}`}
              />
            )
          }
        </Loadable>
      </Panel>
    </Page>
  );
}

const columns: readonly Column<TopMiner>[] = [
  { key: 'rank', label: 'Rank', isNumber: true, render: (miner) => miner.rank },
  { key: 'account', label: 'Miner', isHeader: true, render: (miner) => <Name account={miner.account} /> },
  { key: 'network', label: 'Network', render: (miner) => <NetworkName network={miner.network} /> },
  { key: 'hashrate', label: 'Hashrate', isNumber: true, render: (miner) => formatHashrate(miner.hashrate_hs) },
  { key: 'shares', label: 'Shares', isNumber: true, render: (miner) => formatCount(miner.accepted) },
  { key: 'workers', label: 'Workers', isNumber: true, render: (miner) => formatCount(miner.miners) },
];

function Name({ account }: { account: string | null }) {
  if (account === null) return <span className="muted">private</span>;
  return (
    <Link to={{ page: 'account', account }}>
      <Hash text={account} />
    </Link>
  );
}
