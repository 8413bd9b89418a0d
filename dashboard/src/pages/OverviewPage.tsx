// The start page: statistics of the selected network, or of all networks.

import { useNetworks } from '../app/networks';
import { usePoolStats } from '../app/stats';
import { HashratePanel } from '../charts/HashratePanel';
import { Link } from '../components/Link';
import { Page } from '../components/Page';
import { EmptyState, Loadable } from '../components/states';
import { LatestBlocks } from './LatestBlocks';
import { NetworkCards } from './NetworkCards';
import { AlgorithmCards, NetworksTable } from './NetworksTable';

export function OverviewPage() {
  const { selected } = useNetworks();
  const state = usePoolStats();

  return (
    <Page
      title={selected ? selected.display_name : 'All networks'}
      lead={selected ? `${selected.symbol}, ${selected.algorithm}` : 'All networks of the pool, by algorithm'}
      actions={
        <Link to={{ page: 'connect' }} className="button is-primary">
          Start mining
        </Link>
      }
    >
      <Loadable state={state} rows={4}>
        {(stats) => {
          const one = stats.networks.find((network) => network.network_id === selected?.network_id);
          if (selected !== null) return one ? <NetworkCards network={one} /> : <NoStatistics />;
          if (stats.networks.length === 0) return <NoNetworks />;
          return (
            <>
              <AlgorithmCards algorithms={stats.algorithms} />
              <NetworksTable networks={stats.networks} />
            </>
          );
        }}
      </Loadable>
      <HashratePanel path="/pool/stats/hashrate" />
      <LatestBlocks />
    </Page>
  );
}

function NoStatistics() {
  return <EmptyState title="No statistics yet">This network has not been mined yet.</EmptyState>;
}

function NoNetworks() {
  return <EmptyState title="No networks yet">The pool’s operator has not added a network.</EmptyState>;
}
