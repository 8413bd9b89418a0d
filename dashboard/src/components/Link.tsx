// A link within these pages: followed without loading the page again, and an
// ordinary link to everything else (a new tab, a reader without a mouse).

import type { MouseEvent, ReactNode } from 'react';

import { navigate } from '../app/location';
import { useNetworks } from '../app/networks';
import type { Route } from '../app/router';

interface Props {
  to: Route;
  children: ReactNode;
  className?: string;
  isCurrent?: boolean;
  onFollow?: () => void;
}

export function Link({ to, children, className, isCurrent, onFollow }: Props) {
  const href = useNetworks().hrefTo(to);

  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
    event.preventDefault();
    navigate(href);
    onFollow?.();
  };
  return (
    <a href={href} className={className} onClick={follow} aria-current={isCurrent ? 'page' : undefined}>
      {children}
    </a>
  );
}
