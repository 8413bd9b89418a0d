import type { ReactNode } from 'react';

export type Tone = 'neutral' | 'good' | 'wait' | 'bad' | 'accent';

/** A state in one word, never shown by its color alone. */
export function Badge({ tone = 'neutral', children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`badge is-${tone}`}>{children}</span>;
}
