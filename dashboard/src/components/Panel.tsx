import { type ReactNode, useId } from 'react';

interface Props {
  title: string;
  /** Next to the title: range pickers, buttons. */
  actions?: ReactNode;
  note?: ReactNode;
  children: ReactNode;
  /** The content has its own padding, as tables do. */
  isFlush?: boolean;
}

/** A section of a page, with its heading. */
export function Panel({ title, actions, note, children, isFlush = false }: Props) {
  const id = useId();
  return (
    <section className="panel" aria-labelledby={id}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {actions !== undefined && <div className="panel-actions">{actions}</div>}
      </header>
      {note !== undefined && <p className="panel-note">{note}</p>}
      <div className={isFlush ? 'panel-body is-flush' : 'panel-body'}>{children}</div>
    </section>
  );
}
