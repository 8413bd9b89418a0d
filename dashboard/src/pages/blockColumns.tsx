import type { Block } from '../api/types';
import { Amount } from '../components/Amount';
import { BlockStatus } from '../components/BlockStatus';
import type { Column } from '../components/DataTable';
import { ExternalLink } from '../components/ExternalLink';
import { Hash } from '../components/Hash';
import { Link } from '../components/Link';
import { NetworkName } from '../components/NetworkName';
import { TimeAgo } from '../components/TimeAgo';
import { formatCount, formatDifficulty, formatRatio, UNKNOWN } from '../format/numbers';

export const blockColumns: readonly Column<Block>[] = [
  {
    key: 'height',
    label: 'Height',
    isHeader: true,
    render: (block) => <ExternalLink href={block.explorer_url}>{formatCount(block.height)}</ExternalLink>,
  },
  { key: 'network', label: 'Network', render: (block) => <NetworkName network={block.network} symbol={block.symbol} /> },
  { key: 'found', label: 'Found', render: (block) => <TimeAgo at={block.found_at} /> },
  { key: 'status', label: 'Status', render: (block) => <BlockStatus block={block} /> },
  { key: 'effort', label: 'Effort', isNumber: true, render: (block) => <Effort effort={block.effort} /> },
  { key: 'reward', label: 'Reward', isNumber: true, render: (block) => <Amount sats={block.reward_sats} symbol={block.symbol} /> },
  { key: 'difficulty', label: 'Difficulty', isNumber: true, render: (block) => formatDifficulty(block.network_difficulty) },
  { key: 'finder', label: 'Finder', render: (block) => <Finder block={block} /> },
  { key: 'hash', label: 'Hash', render: (block) => <Hash text={block.hash} /> },
];

/** Below 100 % is lucky: the block took less work than expected. */
function Effort({ effort }: { effort: number | null }) {
  if (effort === null) return <>{UNKNOWN}</>;
  return <span className={effort <= 1 ? 'tone-good' : effort > 2 ? 'tone-bad' : undefined}>{formatRatio(effort)}</span>;
}

function Finder({ block }: { block: Block }) {
  if (block.finder === null) return <span className="muted">{block.is_private ? 'private' : UNKNOWN}</span>;
  return (
    <Link to={{ page: 'account', account: block.finder }}>
      <Hash text={block.finder} />
    </Link>
  );
}
