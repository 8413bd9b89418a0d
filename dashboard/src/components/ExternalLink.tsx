import type { ReactNode } from 'react';

import { Icon } from './icons';

/** A link to another site; only http and https URLs become links. */
export function ExternalLink({ href, children }: { href: string | null; children: ReactNode }) {
  if (href === null || !/^https?:\/\//.test(href)) return <>{children}</>;
  return (
    <a href={href} target="_blank" rel="noreferrer" className="external">
      {children}
      <Icon name="external" />
      <span className="visually-hidden"> (external site, opens a new tab)</span>
    </a>
  );
}
