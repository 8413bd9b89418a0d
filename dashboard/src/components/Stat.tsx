import type { ReactNode } from 'react';

interface Props {
  label: string;
  children: ReactNode;
  /** A second, smaller line. */
  note?: ReactNode;
}

/** A value with its label; a list of them is a <dl className="stats">. */
export function Stat({ label, children, note }: Props) {
  return (
    <div className="stat">
      <dt>{label}</dt>
      <dd>
        <span className="stat-value">{children}</span>
        {note !== undefined && <span className="stat-note">{note}</span>}
      </dd>
    </div>
  );
}
