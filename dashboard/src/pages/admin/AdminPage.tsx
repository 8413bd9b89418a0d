// The pages for admins. The API itself refuses other users.

import type { ReactNode } from 'react';

import type { Route } from '../../app/router';
import { useSession } from '../../app/session';
import { Page } from '../../components/Page';
import { EmptyState, ErrorState, Loading } from '../../components/states';
import { LoginPage } from '../SignInPages';
import { AddNetworkPage } from './AddNetworkPage';
import { AuditPage } from './AuditPage';
import { HealthPage } from './HealthPage';
import { HistoryPage } from './HistoryPage';
import { NetworkPage } from './NetworkPage';
import { NetworksPage } from './NetworksPage';
import { PayoutsPage } from './PayoutsPage';
import { SwitchPage } from './SwitchPage';

type AdminRoute = Extract<Route, { page: 'admin' | 'admin-network' | 'admin-add-network' }>;

export function AdminPage({ route }: { route: AdminRoute }): ReactNode {
  const { account, isAdmin, error, retry } = useSession();
  if (account === undefined) return error ? <ErrorState error={error} onRetry={retry} /> : <Loading />;
  if (account === null) return <LoginPage note="Log in as an admin" />;
  if (!isAdmin) {
    return (
      <Page title="Administration">
        <EmptyState title="Admins only">The account {account} is not an admin.</EmptyState>
      </Page>
    );
  }
  if (route.page === 'admin-network') return <NetworkPage network={route.network} />;
  if (route.page === 'admin-add-network') return <AddNetworkPage />;
  switch (route.tab) {
    case 'networks':
      return <NetworksPage />;
    case 'switch':
      return <SwitchPage />;
    case 'payouts':
      return <PayoutsPage />;
    case 'history':
      return <HistoryPage />;
    case 'health':
      return <HealthPage />;
    case 'audit':
      return <AuditPage />;
  }
}
