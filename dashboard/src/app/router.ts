// Converts between URLs and routes; pure. location.ts has the browser's URL.

export type AdminTab = 'networks' | 'switch' | 'payouts' | 'history' | 'health' | 'audit';
export type UserTab = 'overview' | 'workers' | 'payouts' | 'wallets' | 'security';

export type Route =
  | { page: 'overview' }
  | { page: 'blocks' }
  | { page: 'miners' }
  | { page: 'connect' }
  | { page: 'account'; account: string }
  | { page: 'user'; tab: UserTab }
  | { page: 'login' }
  | { page: 'sign-up' }
  | { page: 'admin'; tab: AdminTab }
  | { page: 'admin-network'; network: string }
  | { page: 'admin-add-network' }
  | { page: 'not-found' };

export const ADMIN_TABS: readonly AdminTab[] = ['networks', 'switch', 'payouts', 'history', 'health', 'audit'];
export const USER_TABS: readonly UserTab[] = ['overview', 'workers', 'payouts', 'wallets', 'security'];

/** In the URL: all networks, selected explicitly. */
export const ALL_NETWORKS = 'all';

export function parsePath(path: string): Route {
  const parts = path.split('/').filter((part) => part !== '').map(decode);
  const [first, second, third, ...more] = parts;

  if (more.length > 0) return { page: 'not-found' };
  if (first === undefined) return { page: 'overview' };
  if (first === 'account' && second !== undefined && third === undefined) return { page: 'account', account: second };
  if (first === 'user' && third === undefined) return tabOf(second, USER_TABS, (tab) => ({ page: 'user', tab }));
  if (first === 'admin') return parseAdmin(second, third);
  if (second === undefined && isPlainPage(first)) return { page: first };
  return { page: 'not-found' };
}

export function pathOf(route: Route): string {
  switch (route.page) {
    case 'overview':
      return '/';
    case 'account':
      return `/account/${encodeURIComponent(route.account)}`;
    case 'user':
      return route.tab === 'overview' ? '/user' : `/user/${route.tab}`;
    case 'admin':
      return route.tab === 'networks' ? '/admin' : `/admin/${route.tab}`;
    case 'admin-network':
      return `/admin/networks/${encodeURIComponent(route.network)}`;
    case 'admin-add-network':
      return '/admin/add-network';
    default:
      return `/${route.page}`;
  }
}

/** The network in the URL; undefined if it has none. */
export function networkOf(search: string): string | undefined {
  const network = new URLSearchParams(search).get('network');
  return network === null || network === '' ? undefined : network;
}

/** A page's URL with the selected network, so that it can be shared. */
export function hrefOf(route: Route, network: string): string {
  return `${pathOf(route)}?${new URLSearchParams({ network }).toString()}`;
}

function parseAdmin(second: string | undefined, third: string | undefined): Route {
  if (second === 'networks' && third !== undefined) return { page: 'admin-network', network: third };
  if (third !== undefined) return { page: 'not-found' };
  if (second === 'add-network') return { page: 'admin-add-network' };
  return tabOf(second, ADMIN_TABS, (tab) => ({ page: 'admin', tab }));
}

function tabOf<Tab extends string>(name: string | undefined, tabs: readonly Tab[], make: (tab: Tab) => Route): Route {
  const tab = name === undefined ? tabs[0] : tabs.find((known) => known === name);
  return tab === undefined ? { page: 'not-found' } : make(tab);
}

type PlainPage = 'blocks' | 'miners' | 'connect' | 'login' | 'sign-up';

function isPlainPage(name: string): name is PlainPage {
  return ['blocks', 'miners', 'connect', 'login', 'sign-up'].includes(name);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
