// What surrounds every page: top bar, menu (a drawer on narrow screens) and the
// place for the page.

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
        Skip to the content
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
        <button type="button" className="icon-button" onClick={closeDrawer} aria-label="Close the menu">
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
        The pool has no network “{name}”. Shown are all of them.
      </span>
    </div>
  );
}

function SideFoot() {
  const isLive = useIsLive();
  return (
    <div className="side-foot">
      <span className={isLive ? 'live is-on' : 'live'} role="status">
        {isLive ? 'Live' : 'Not live'}
      </span>
      <ThemeSwitch />
    </div>
  );
}

/** A new page starts at its top. */
export function useScrollToTop(key: string): void {
  useEffect(() => {
    // newer browsers give a promise back, which is no cleaning up
    void window.scrollTo(0, 0);
  }, [key]);
}
