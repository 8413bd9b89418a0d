// A page with its title, in the window and as the heading, which gets the focus
// after navigation from another page.

import { type ReactNode, useEffect, useRef } from 'react';

interface Props {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ title, lead, actions, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Chimera pool`;
  }, [title]);
  return (
    <>
      <header className="page-head">
        <div>
          <PageHeading>{title}</PageHeading>
          {lead !== undefined && <p className="page-lead">{lead}</p>}
        </div>
        {actions !== undefined && <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

let isFirstPage = true;

function PageHeading({ children }: { children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // the browser sets the focus of the first page
    if (isFirstPage) isFirstPage = false;
    else heading.current?.focus();
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}
