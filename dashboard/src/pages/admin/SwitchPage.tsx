// Switches the active network of each algorithm, and rolls a switch back.

import { urlOf } from '../../api/client';
import type { AdminNetwork, Change } from '../../api/adminTypes';
import type { List } from '../../api/types';
import { useApi } from '../../api/useApi';
import { usePoolStats } from '../../app/stats';
import { Page } from '../../components/Page';
import { EmptyState, Loadable } from '../../components/states';
import { AlgorithmSwitch } from './AlgorithmSwitch';
import { undoableSwitch } from './history';

/** Enough to contain the last switch of each algorithm. */
const HISTORY_LIMIT = 100;

export function SwitchPage() {
  const networks = useApi<{ items: AdminNetwork[] }>(urlOf('/admin/networks'), { refreshOn: ['network', 'switch'] });
  const history = useApi<List<Change>>(urlOf('/admin/history', { limit: HISTORY_LIMIT }), { refreshOn: ['switch'] });
  const stats = usePoolStats();
  const reload = () => {
    networks.reload();
    history.reload();
    stats.reload();
  };
  return (
    <Page title="Switch" lead="Ports of an algorithm serve its active network. Miners stay connected when it changes.">
      <Loadable state={networks} rows={4}>
        {({ items }) => {
          const algorithms = [...new Set(items.filter((network) => network.state === 'enabled').map((network) => network.algorithm))].sort();
          if (algorithms.length === 0) return <EmptyState title="Nothing to switch">No network is enabled.</EmptyState>;
          return algorithms.map((algorithm) => (
            <AlgorithmSwitch
              key={algorithm}
              algorithm={algorithm}
              networks={items.filter((network) => network.algorithm === algorithm && network.state === 'enabled')}
              stats={stats.data?.networks ?? []}
              undoable={undoableSwitch(history.data?.items ?? [], algorithm)}
              onDone={reload}
            />
          ));
        }}
      </Loadable>
    </Page>
  );
}
