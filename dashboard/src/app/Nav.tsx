// The menu: the pages of the pool, of the account, and for admins.

import { type IconName, Icon } from '../components/icons';
import { Link } from '../components/Link';
import { ADMIN_TABS, type AdminTab, type Route, USER_TABS, type UserTab } from './router';
import { useSession } from './session';

interface Entry {
  label: string;
  icon: IconName;
  route: Route;
}

const POOL: Entry[] = [
  { label: 'Overview', icon: 'overview', route: { page: 'overview' } },
  { label: 'Blocks', icon: 'blocks', route: { page: 'blocks' } },
  { label: 'Miners', icon: 'miners', route: { page: 'miners' } },
  { label: 'Connect', icon: 'connect', route: { page: 'connect' } },
];

const USER_LABELS: Record<UserTab, [label: string, icon: IconName]> = {
  overview: ['Dashboard', 'user'],
  workers: ['Workers', 'miners'],
  payouts: ['Payouts', 'payouts'],
  wallets: ['Wallets', 'wallet'],
  security: ['Security', 'key'],
};

const ADMIN_LABELS: Record<AdminTab, [label: string, icon: IconName]> = {
  networks: ['Networks', 'networks'],
  switch: ['Switch', 'switch'],
  payouts: ['Payouts', 'payouts'],
  history: ['History', 'history'],
  health: ['Health', 'health'],
  audit: ['Audit', 'audit'],
};

export function Nav({ route, onFollow }: { route: Route; onFollow?: () => void }) {
  const { account, isAdmin } = useSession();
  const own = USER_TABS.map((tab) => entryOf(USER_LABELS[tab], { page: 'user', tab }));
  const admin = ADMIN_TABS.map((tab) => entryOf(ADMIN_LABELS[tab], { page: 'admin', tab }));
  const parts: [title: string, entries: Entry[]][] = [['Pool', POOL]];
  if (account != null) parts.push(['Account', own]);
  if (isAdmin) parts.push(['Administration', admin]);

  return (
    <nav className="nav" aria-label="Pages">
      {parts.map(([title, entries]) => (
        <div key={title} className="nav-part">
          <h2>{title}</h2>
          <ul>
            {entries.map((entry) => (
              <li key={entry.label}>
                <Link to={entry.route} isCurrent={isWithin(route, entry.route)} {...(onFollow && { onFollow })}>
                  <Icon name={entry.icon} />
                  {entry.label}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

function entryOf([label, icon]: [string, IconName], route: Route): Entry {
  return { label, icon, route };
}

/** Whether a page belongs to an entry of the menu. */
function isWithin(route: Route, entry: Route): boolean {
  if (route.page === 'admin-network' || route.page === 'admin-add-network') return entry.page === 'admin' && entry.tab === 'networks';
  if (route.page !== entry.page) return false;
  return !('tab' in route) || !('tab' in entry) || route.tab === entry.tab;
}
