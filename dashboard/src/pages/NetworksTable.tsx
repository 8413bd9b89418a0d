// All networks in one table. Hashrates of different algorithms are not comparable,
// so they are never added up.

import type { AlgorithmStats, NetworkStats } from '../api/types';
import { useNetworks } from '../app/networks';
import { Badge } from '../components/Badge';
import { CoinIcon } from '../components/CoinIcon';
import { type Column, DataTable } from '../components/DataTable';
import { Panel } from '../components/Panel';
import { Stat } from '../components/Stat';
import { TimeAgo } from '../components/TimeAgo';
import { countOf, formatCount, formatDifficulty, formatHashrate, formatPercent, formatRatio, UNKNOWN } from '../format/numbers';

export function AlgorithmCards({ algorithms }: { algorithms: readonly AlgorithmStats[] }) {
  return (
    <dl className="stats is-cards">
      {algorithms.map((one) => (
        <Stat
          key={one.algorithm}
          label={`Hashrate, ${one.algorithm}`}
          note={`${countOf(one.miners, 'worker')} of ${countOf(one.accounts, 'miner')} on ${countOf(one.networks, 'network')}`}
        >
          {formatHashrate(one.hashrate_hs)}
        </Stat>
      ))}
    </dl>
  );
}

export function NetworksTable({ networks }: { networks: readonly NetworkStats[] }) {
  return (
    <Panel title="Networks" isFlush>
      <DataTable caption="Comparison of networks" columns={columns} rows={networks} rowKey={(network) => network.network_id} />
    </Panel>
  );
}

const columns: readonly Column<NetworkStats>[] = [
  { key: 'network', label: 'Network', isHeader: true, render: (network) => <NetworkButton network={network} /> },
  { key: 'algorithm', label: 'Algorithm', render: (network) => <Algorithm network={network} /> },
  { key: 'hashrate', label: 'Hashrate', isNumber: true, render: (network) => formatHashrate(network.hashrate_hs) },
  { key: 'workers', label: 'Workers', isNumber: true, render: (network) => formatCount(network.miners) },
  { key: 'effort', label: 'Round effort', isNumber: true, render: (network) => formatRatio(network.round_effort) },
  { key: 'last', label: 'Last block', render: (network) => <TimeAgo at={network.last_block_at} /> },
  { key: 'blocks', label: 'Blocks 24 h', isNumber: true, render: (network) => formatCount(network.blocks_24h) },
  { key: 'difficulty', label: 'Difficulty', isNumber: true, render: (network) => formatDifficulty(network.network_difficulty) },
  { key: 'scheme', label: 'Scheme', render: (network) => network.reward_scheme?.toUpperCase() ?? UNKNOWN },
  { key: 'fee', label: 'Fee', isNumber: true, render: (network) => formatPercent(network.fee_percent) },
];

function NetworkButton({ network }: { network: NetworkStats }) {
  const { select } = useNetworks();
  return (
    <button type="button" className="link-button network-name" onClick={() => select(network.network)}>
      <CoinIcon symbol={network.symbol} icon={network.icon} size={18} />
      {network.display_name}
      <span className="muted">{network.symbol}</span>
    </button>
  );
}

function Algorithm({ network }: { network: NetworkStats }) {
  return (
    <>
      {network.algorithm} {network.is_active && <Badge tone="accent">active</Badge>}
      {!network.is_enabled && <Badge>disabled</Badge>}
    </>
  );
}
