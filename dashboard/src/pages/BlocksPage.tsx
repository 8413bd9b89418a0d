// The pool's blocks; new blocks and confirmations appear automatically.

import { useState } from 'react';

import type { Block, List } from '../api/types';
import { useEvent } from '../app/events';
import { useNetworks } from '../app/networks';
import { Page } from '../components/Page';
import { PagedTable } from '../components/PagedTable';
import { Panel } from '../components/Panel';
import { Segmented } from '../components/Segmented';
import { Stat } from '../components/Stat';
import { EmptyState } from '../components/states';
import { usePages } from '../components/usePages';
import { formatRatio } from '../format/numbers';
import { blockColumns } from './blockColumns';
import { luckOf, mergeBlock } from './blocks';

const STATUSES = ['any', 'accepted', 'confirmed', 'orphaned'] as const;
type Status = (typeof STATUSES)[number];
const STATUS_LABELS: Record<Status, string> = { any: 'All', accepted: 'Immature', confirmed: 'Confirmed', orphaned: 'Orphaned' };

const REFRESH_MS = 30_000;

export function BlocksPage() {
  const { selected } = useNetworks();
  const [status, setStatus] = useState<Status>('any');
  const [arrived, setArrived] = useState<ReadonlySet<string>>(new Set());
  const wanted = status === 'any' ? null : status;
  const pages = usePages<Block>('/pool/blocks', { network: selected?.network, status: wanted }, { refreshMs: REFRESH_MS, refreshOn: ['block'] });

  useEvent('block', ({ data: block }) => {
    const isWanted = (selected === null || block.network_id === selected.network_id) && (wanted === null || block.status === wanted);
    if (!isWanted) return;
    pages.first.update((list: List<Block>) => ({ ...list, items: mergeBlock(list.items, block) }));
    setArrived((old) => new Set(old).add(block.block_id));
  });

  return (
    <Page title="Blocks" lead={selected ? `Found on ${selected.display_name}` : 'Found on all networks'}>
      <Panel
        title="Blocks found"
        isFlush
        actions={
          <Segmented
            label="Status"
            options={STATUSES.map((value) => ({ value, label: STATUS_LABELS[value] }))}
            value={status}
            onChange={setStatus}
          />
        }
      >
        <PagedTable
          pages={pages}
          caption="Blocks, newest first"
          columns={selected ? blockColumns.filter((column) => column.key !== 'network') : blockColumns}
          rowKey={(block) => block.block_id}
          isNew={(block) => arrived.has(block.block_id)}
          summary={(blocks) => <Luck blocks={blocks} />}
          empty={
            <EmptyState title={status === 'any' ? 'No blocks yet' : `No ${STATUS_LABELS[status].toLowerCase()} blocks`}>
              Blocks appear here as soon as the pool finds them.
            </EmptyState>
          }
        />
      </Panel>
    </Page>
  );
}

function Luck({ blocks }: { blocks: readonly Block[] }) {
  const { luck, effort, counted, orphaned } = luckOf(blocks);
  return (
    <dl className="stats is-compact">
      <Stat label="Luck" note={`of the ${counted} blocks shown`}>
        {formatRatio(luck)}
      </Stat>
      <Stat label="Average effort">{formatRatio(effort)}</Stat>
      <Stat label="Orphaned">{formatRatio(orphaned)}</Stat>
    </dl>
  );
}
