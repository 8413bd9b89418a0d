import type { Account, AccountNetwork } from '../api/types';
import { type Column, DataTable } from '../components/DataTable';
import { NetworkName } from '../components/NetworkName';
import { Panel } from '../components/Panel';
import { Stat } from '../components/Stat';
import { TimeAgo } from '../components/TimeAgo';
import { EmptyState } from '../components/states';
import { formatCount, formatHashrate, formatRatio, shareOf } from '../format/numbers';
import { rejectedOf } from './shares';

/** An account's statistics, in total and by network. */
export function AccountNetworks({ account }: { account: Account }) {
  if (account.networks.length === 0) {
    return <EmptyState title="No shares in the last 7 days">Statistics appear with the first share.</EmptyState>;
  }
  return (
    <>
      <dl className="stats is-cards">
        {account.algorithms.map((one) => (
          <Stat key={one.algorithm} label={`Hashrate, ${one.algorithm}`} note="15 min average">
            {formatHashrate(one.hashrate_hs)}
          </Stat>
        ))}
        <Stat label="Last share">
          <TimeAgo at={latestShare(account.networks)} />
        </Stat>
      </dl>
      <Panel title="By network" isFlush>
        <DataTable caption="Statistics by network" columns={columns} rows={account.networks} rowKey={(network) => network.network_id} />
      </Panel>
    </>
  );
}

const WINDOWS = [
  ['15m', '15 min'],
  ['1h', '1 h'],
  ['24h', '24 h'],
  ['7d', '7 d'],
] as const;

const columns: readonly Column<AccountNetwork>[] = [
  { key: 'network', label: 'Network', isHeader: true, render: (one) => <NetworkName network={one.network} symbol={one.symbol} /> },
  ...WINDOWS.map(
    ([window, name]): Column<AccountNetwork> => ({
      key: window,
      label: `Hashrate ${name}`,
      isNumber: true,
      render: (one) => formatHashrate(windowOf(one, window)?.hashrate_hs),
    }),
  ),
  { key: 'miners', label: 'Workers', isNumber: true, render: (one) => formatCount(one.miners) },
  { key: 'shares', label: 'Shares 24 h', isNumber: true, render: (one) => formatCount(windowOf(one, '24h')?.accepted) },
  { key: 'rejected', label: 'Rejected', isNumber: true, render: (one) => formatRatio(rejectedPart(one)) },
  { key: 'blocks', label: 'Blocks 24 h', isNumber: true, render: (one) => formatCount(one.blocks_24h) },
  { key: 'last', label: 'Last share', render: (one) => <TimeAgo at={one.last_share_at} /> },
];

function windowOf(network: AccountNetwork, window: string) {
  return network.windows.find((one) => one.window === window);
}

function rejectedPart(network: AccountNetwork): number | null {
  const day = windowOf(network, '24h');
  if (day === undefined) return null;
  return shareOf(rejectedOf(day), day.accepted + rejectedOf(day));
}

function latestShare(networks: readonly AccountNetwork[]): string | null {
  const times = networks.flatMap((network) => (network.last_share_at === null ? [] : [network.last_share_at]));
  return times.sort((a, b) => Date.parse(b) - Date.parse(a))[0] ?? null;
}
