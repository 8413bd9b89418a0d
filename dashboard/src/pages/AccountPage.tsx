// The page of a public account, usually an address.

import { apiPath } from '../api/client';
import { Page } from '../components/Page';
import { AccountOverview } from './AccountOverview';
import { PayoutsPanel } from './PayoutsPanel';
import { WorkersPanel } from './WorkersPanel';

export function AccountPage({ account }: { account: string }) {
  const path = apiPath`/accounts/${account}`;
  return (
    <Page title="Miner" lead={<span className="long-name">{account}</span>}>
      <AccountOverview path={path} statsPath={path}>
        <WorkersPanel path={`${path}/workers`} />
        <PayoutsPanel path={`${path}/payouts`} />
      </AccountOverview>
    </Page>
  );
}
