import type { NetworkStats } from '../api/types';
import { Amount } from '../components/Amount';
import { Badge } from '../components/Badge';
import { Panel } from '../components/Panel';
import { Stat } from '../components/Stat';
import { TimeAgo } from '../components/TimeAgo';
import { countOf, formatCount, formatDifficulty, formatHashrate, formatPercent, formatRatio, shareOf, UNKNOWN } from '../format/numbers';
import { formatDuration } from '../format/time';
import { rejectedOf } from './shares';

/** A network's statistics at a glance. */
export function NetworkCards({ network }: { network: NetworkStats }) {
  return (
    <>
      {!network.is_enabled && (
        <div className="notice" role="status">
          This network is disabled. Its past statistics are shown.
        </div>
      )}
      <dl className="stats is-cards">
        <Stat label="Pool hashrate" note={ofNetwork(network) === null ? undefined : `${formatRatio(ofNetwork(network))} of the network`}>
          {formatHashrate(network.hashrate_hs)}
        </Stat>
        <Stat label="Workers" note={`of ${countOf(network.accounts, 'miner')}`}>
          {formatCount(network.miners)}
        </Stat>
        <Stat label="Round effort" note={`expected time to block: ${formatDuration(network.seconds_to_block)}`}>
          {formatRatio(network.round_effort)}
        </Stat>
        <Stat label="Last block" note={<TimeAgo at={network.last_block_at} />}>
          {formatCount(network.last_block_height)}
        </Stat>
        <Stat label="Network difficulty" note={`height ${formatCount(network.height)}`}>
          {formatDifficulty(network.network_difficulty)}
        </Stat>
        <Stat label="Network hashrate" note={`pool found ${countOf(network.blocks_24h, 'block')} in 24 h`}>
          {formatHashrate(network.network_hashrate_hs)}
        </Stat>
      </dl>
      <Terms network={network} />
    </>
  );
}

function Terms({ network }: { network: NetworkStats }) {
  const shares = network.shares_24h;
  return (
    <Panel title="Payout terms and shares" actions={network.is_active && <Badge tone="accent">active for {network.algorithm}</Badge>}>
      <dl className="stats is-compact">
        <Stat label="Reward scheme">{network.reward_scheme?.toUpperCase() ?? UNKNOWN}</Stat>
        <Stat label="Fee">{formatPercent(network.fee_percent)}</Stat>
        <Stat label="Minimum payout">
          <Amount sats={network.minimum_payout_sats} symbol={network.symbol} />
        </Stat>
        <Stat label="Payout interval">{formatDuration(network.payout_interval_s)}</Stat>
        {network.children.length > 0 && <Stat label="Mined as well">{network.children.join(', ')}</Stat>}
        {network.parents.length > 0 && <Stat label="Mined with">{network.parents.join(', ')}</Stat>}
        <Stat label="Block maturity">{formatCount(network.confirmations_needed)} confirmations</Stat>
        <Stat label="Shares in 24 h">{formatCount(shares?.accepted)}</Stat>
        <Stat label="Rejected">{shares ? formatRatio(shareOf(rejectedOf(shares), shares.accepted + rejectedOf(shares))) : UNKNOWN}</Stat>
      </dl>
    </Panel>
  );
}

function ofNetwork(network: NetworkStats): number | null {
  if (network.hashrate_hs === null || network.network_hashrate_hs === null) return null;
  return shareOf(network.hashrate_hs, network.network_hashrate_hs);
}
