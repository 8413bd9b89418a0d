// The frame of every page: top bar, menu (a drawer on narrow screens), content.

import { type ReactNode, useEffect, useRef } from 'react';

import { Icon } from '../components/icons';
import { Link } from '../components/Link';
import { NetworkSelect } from '../components/NetworkSelect';
import { ErrorState } from '../components/states';
import { AccountMenu } from './AccountMenu';
import { useIsLive } from './events';
import { Nav } from './Nav';
import { useNetworks } from './networks';
import type { Route } from './router';
import { Search } from './Search';
import { ThemeSwitch } from './ThemeSwitch';

export function Shell({ route, children }: { route: Route; children: ReactNode }) {
  const { error, networks, reload, isUnknown, choice } = useNetworks();
  const drawer = useRef<HTMLDialogElement>(null);
  const closeDrawer = () => drawer.current?.close();

  return (
    <>
      <a className="skip-link" href="#content">
        Skip to content
      </a>
      <header className="top">
        <button type="button" className="icon-button menu-button" onClick={() => drawer.current?.showModal()} aria-label="Menu" aria-haspopup="dialog">
          <Icon name="menu" />
        </button>
        <Link to={{ page: 'overview' }} className="brand">
          <img src="/favicon.svg" alt="" width={26} height={26} />
          <span>Chimera</span>
        </Link>
        <NetworkSelect />
        <Search />
        <AccountMenu />
      </header>
      <aside className="side">
        <Nav route={route} />
        <SideFoot />
      </aside>
      <dialog ref={drawer} className="drawer" aria-label="Menu" onClick={(event) => event.target === event.currentTarget && closeDrawer()}>
        <button type="button" className="icon-button" onClick={closeDrawer} aria-label="Close menu">
          <Icon name="close" />
        </button>
        <Nav route={route} onFollow={closeDrawer} />
        <SideFoot />
      </dialog>
      <main id="content" className="content" tabIndex={-1}>
        {networks === undefined && error && <ErrorState error={error} onRetry={reload} />}
        {isUnknown && <UnknownNetwork name={choice} />}
        {children}
      </main>
    </>
  );
}

function UnknownNetwork({ name }: { name: string }) {
  return (
    <div className="notice is-warning" role="alert">
      <Icon name="alert" />
      <span>
        The network “{name}” does not exist. Showing all networks.
      </span>
    </div>
  );
}

function SideFoot() {
  const isLive = useIsLive();
  return (
    <div className="side-foot">
      <span className={isLive ? 'live is-on' : 'live'} role="status">
        {isLive ? 'Live' : 'Offline'}
      </span>
      <ThemeSwitch />
    </div>
  );
}

/** Scrolls to the top of a new page. */
export function useScrollToTop(key: string): void {
  useEffect(() => {
    // newer browsers return a promise, which is not a cleanup function
    void window.scrollTo(0, 0);
  }, [key]);
}
