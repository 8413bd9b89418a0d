// The pages of the user's own account.

import { useSession } from '../app/session';
import type { UserTab } from '../app/router';
import { Page } from '../components/Page';
import { ErrorState, Loading } from '../components/states';
import { AccountOverview } from './AccountOverview';
import { MinimumPayouts } from './MinimumPayouts';
import { PasswordPanel } from './PasswordPanel';
import { PayoutsPanel } from './PayoutsPanel';
import { LoginPage } from './SignInPages';
import { TokensPanel } from './TokensPanel';
import { WalletsPanel } from './WalletsPanel';
import { WorkersPanel } from './WorkersPanel';

export function UserPage({ tab }: { tab: UserTab }) {
  const { account, error, retry } = useSession();
  if (account === undefined) return error ? <ErrorState error={error} onRetry={retry} /> : <Loading />;
  if (account === null) return <LoginPage note="Log in to see your account" />;
  return <Tab tab={tab} account={account} />;
}

function Tab({ tab, account }: { tab: UserTab; account: string }) {
  switch (tab) {
    case 'overview':
      return (
        <Page title="Dashboard" lead={account}>
          <AccountOverview path="/user" statsPath="/user/stats" />
        </Page>
      );
    case 'workers':
      return (
        <Page title="Workers" lead="All workers of this account, by network">
          <WorkersPanel path="/user/workers" />
        </Page>
      );
    case 'payouts':
      return (
        <Page title="Payouts" lead="Your payouts, and the minimum payout per network">
          <PayoutsPanel path="/user/payouts" />
          <MinimumPayouts />
        </Page>
      );
    case 'wallets':
      return (
        <Page title="Wallets" lead="The payout addresses of this account, by network">
          <WalletsPanel />
        </Page>
      );
    case 'security':
      return (
        <Page title="Security" lead="Password and API tokens">
          <PasswordPanel />
          <TokensPanel />
        </Page>
      );
  }
}
