// A link within these pages, followed without reloading the page. For everything
// else (new tabs, assistive technology) it is an ordinary link.

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
