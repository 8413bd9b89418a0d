// An account's statistics, balances, hashrate and earnings: of a public account or
// of the user's own, which have different API paths.

import type { ReactNode } from 'react';

import { urlOf } from '../api/client';
import type { Account } from '../api/types';
import { useApi } from '../api/useApi';
import { useNetworks } from '../app/networks';
import { EarningsPanel } from '../charts/EarningsPanel';
import { HashratePanel } from '../charts/HashratePanel';
import { Link } from '../components/Link';
import { EmptyState, Loadable } from '../components/states';
import { AccountNetworks } from './AccountNetworks';
import { BalancesPanel } from './BalancesPanel';

interface Props {
  path: string;
  statsPath: string;
  children?: ReactNode;
}

const REFRESH_MS = 30_000;

export function AccountOverview({ path, statsPath, children }: Props) {
  const { selected } = useNetworks();
  const state = useApi<Account>(urlOf(statsPath, { network: selected?.network }), { refreshMs: REFRESH_MS });

  if (state.data === undefined && state.error?.status === 404) return <Unknown />;
  return (
    <>
      <Loadable state={state} rows={4}>
        {(account) => <AccountNetworks account={account} />}
      </Loadable>
      {state.data !== undefined && (
        <>
          <BalancesPanel path={`${path}/balances`} />
          <HashratePanel path={`${path}/hashrate`} />
          <EarningsPanel path={`${path}/earnings`} />
          {children}
        </>
      )}
    </>
  );
}

function Unknown() {
  return (
    <EmptyState title="Miner not found">
      This address or account has never mined here, or the account is private. If it is yours,{' '}
      <Link to={{ page: 'login' }}>log in</Link> to see it.
    </EmptyState>
  );
}
