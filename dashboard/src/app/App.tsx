import { AdminPage } from '../pages/admin/AdminPage';
import { AccountPage } from '../pages/AccountPage';
import { BlocksPage } from '../pages/BlocksPage';
import { ConnectPage } from '../pages/ConnectPage';
import { MinersPage } from '../pages/MinersPage';
import { NotFoundPage } from '../pages/NotFoundPage';
import { OverviewPage } from '../pages/OverviewPage';
import { LoginPage, SignUpPage } from '../pages/SignInPages';
import { UserPage } from '../pages/UserPage';
import { ToastProvider } from '../components/toasts';
import { usePath } from './location';
import { NetworksProvider } from './networks';
import { parsePath, type Route } from './router';
import { SessionProvider } from './session';
import { Shell, useScrollToTop } from './Shell';

export function App() {
  const path = usePath();
  const route = parsePath(path);

  useScrollToTop(path);
  return (
    <SessionProvider>
      <NetworksProvider>
        <ToastProvider>
          <Shell route={route}>
            <PageOf key={path} route={route} />
          </Shell>
        </ToastProvider>
      </NetworksProvider>
    </SessionProvider>
  );
}

function PageOf({ route }: { route: Route }) {
  switch (route.page) {
    case 'overview':
      return <OverviewPage />;
    case 'blocks':
      return <BlocksPage />;
    case 'miners':
      return <MinersPage />;
    case 'connect':
      return <ConnectPage />;
    case 'account':
      return <AccountPage account={route.account} />;
    case 'user':
      return <UserPage tab={route.tab} />;
    case 'login':
      return <LoginPage />;
    case 'admin':
    case 'admin-network':
    case 'admin-add-network':
      return <AdminPage route={route} />;
    case 'sign-up':
      return <SignUpPage />;
    default:
      return <NotFoundPage />;
  }
}
