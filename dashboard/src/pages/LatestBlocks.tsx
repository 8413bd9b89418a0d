import { urlOf } from '../api/client';
import type { Block, List } from '../api/types';
import { useApi } from '../api/useApi';
import { useEvent } from '../app/events';
import { useNetworks } from '../app/networks';
import { DataTable } from '../components/DataTable';
import { Link } from '../components/Link';
import { Panel } from '../components/Panel';
import { EmptyState, Loadable } from '../components/states';
import { blockColumns } from './blockColumns';
import { mergeBlock } from './blocks';

const SHOWN = 5;
const COLUMNS = ['height', 'network', 'found', 'status', 'effort', 'reward'];
const REFRESH_MS = 30_000;

export function LatestBlocks() {
  const { selected } = useNetworks();
  const state = useApi<List<Block>>(urlOf('/pool/blocks', { network: selected?.network, limit: SHOWN }), {
    refreshMs: REFRESH_MS,
    refreshOn: ['block'],
  });

  useEvent('block', ({ data: block }) => {
    if (selected !== null && block.network_id !== selected.network_id) return;
    state.update((list) => ({ ...list, items: mergeBlock(list.items, block).slice(0, SHOWN) }));
  });

  return (
    <Panel title="Latest blocks" isFlush actions={<Link to={{ page: 'blocks' }}>All blocks</Link>}>
      <Loadable state={state} rows={SHOWN}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="No blocks yet">Blocks appear here as soon as the pool finds them.</EmptyState>
          ) : (
            <DataTable
              caption="Latest blocks"
              columns={blockColumns.filter(({ key }) => COLUMNS.includes(key) && !(selected && key === 'network'))}
              rows={items}
              rowKey={(block) => block.block_id}
            />
          )
        }
      </Loadable>
    </Panel>
  );
}
