import { NotFoundPage } from '../pages/NotFoundPage';
import { BlocksPage } from '../pages/BlocksPage';
import { ConnectPage } from '../pages/ConnectPage';
import { MinersPage } from '../pages/MinersPage';
import { OverviewPage } from '../pages/OverviewPage';
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
        <Shell route={route}>
          <PageOf key={path} route={route} />
        </Shell>
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
    default:
      return <NotFoundPage />;
  }
}
