// Placeholders for data: loading, empty, or an error with a button to try again.

import type { ReactNode } from 'react';

import type { ApiError } from '../api/client';
import type { ApiState } from '../api/useApi';
import { Icon } from './icons';

export function Loading({ rows = 3 }: { rows?: number }) {
  return (
    <div className="loading" role="status">
      <span className="visually-hidden">Loading…</span>
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} className="skeleton" aria-hidden="true" />
      ))}
    </div>
  );
}

export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="state">
      <p className="state-title">{title}</p>
      {children !== undefined && <p className="state-text">{children}</p>}
    </div>
  );
}

export function ErrorState({ error, onRetry }: { error: ApiError; onRetry: () => void }) {
  return (
    <div className="state is-error" role="alert">
      <p className="state-title">
        <Icon name="alert" /> {titleOf(error)}
      </p>
      <p className="state-text">{error.message}</p>
      {error.hint !== null && <p className="state-text">{error.hint}</p>}
      <button type="button" className="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}

/** The last reload failed, so the data shown is outdated. */
export function StaleNotice({ error, onRetry }: { error: ApiError; onRetry: () => void }) {
  return (
    <div className="notice is-warning" role="status">
      <Icon name="alert" />
      <span>
        {titleOf(error)}. The data shown may be out of date.{' '}
        <button type="button" className="link-button" onClick={onRetry}>
          Try again
        </button>
      </span>
    </div>
  );
}

interface LoadableProps<Data> {
  state: ApiState<Data>;
  children: (data: Data) => ReactNode;
  rows?: number;
}

/** Data, or a placeholder. */
export function Loadable<Data>({ state, children, rows = 3 }: LoadableProps<Data>) {
  const { data, error, reload } = state;
  if (data === undefined) return error ? <ErrorState error={error} onRetry={reload} /> : <Loading rows={rows} />;
  return (
    <>
      {error && <StaleNotice error={error} onRetry={reload} />}
      {children(data)}
    </>
  );
}

function titleOf(error: ApiError): string {
  if (error.status === 404) return 'Not found';
  if (error.status === 429) return 'Too many requests';
  if (error.status === 403) return 'Permission denied';
  if (error.status === 0 || error.status >= 500) return 'The pool is unavailable';
  return error.title;
}
