// The admin page of a network: state, health, test, nodes, rewards, settings.

import { apiPath, urlOf } from '../../api/client';
import type { AdminNetwork } from '../../api/adminTypes';
import { useApi } from '../../api/useApi';
import { Page } from '../../components/Page';
import { Loadable } from '../../components/states';
import { HealthParts } from './HealthParts';
import { MergePanel } from './MergePanel';
import { NetworkActions } from './NetworkActions';
import { NetworkState } from './NetworkState';
import { NetworkTest } from './NetworkTest';
import { NodesPanel } from './NodesPanel';
import { RewardsPanel } from './RewardsPanel';
import { SettingsPanel } from './SettingsPanel';

const REFRESH_MS = 15_000;

export function NetworkPage({ network: name }: { network: string }) {
  const state = useApi<AdminNetwork>(urlOf(apiPath`/admin/networks/${name}`), { refreshMs: REFRESH_MS });
  const network = state.data;
  return (
    <Page
      title={network?.display_name ?? name}
      lead={network && <NetworkState network={network} />}
      actions={network && <NetworkActions network={network} onDone={state.reload} />}
    >
      <Loadable state={state} rows={8}>
        {(shown) => (
          <>
            {shown.state === 'enabled' && <HealthParts parts={shown.health} />}
            {shown.state !== 'archived' && <NetworkTest network={shown.network} />}
            <NodesPanel network={shown} onChange={state.reload} />
            <RewardsPanel network={shown} onChange={state.reload} />
            {shown.state !== 'archived' && <MergePanel network={shown} onChange={state.reload} />}
            <SettingsPanel network={shown} onSaved={state.reload} />
          </>
        )}
      </Loadable>
    </Page>
  );
}
