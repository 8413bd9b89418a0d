import type { ApiError } from '../api/client';
import { Icon } from './icons';

/** Why an action has failed. */
export function ActionError({ error }: { error: ApiError | undefined }) {
  if (error === undefined) return null;
  return (
    <div className="notice is-bad" role="alert">
      <Icon name="alert" />
      <span>
        {error.message}
        {error.hint !== null && <span className="notice-hint">{error.hint}</span>}
      </span>
    </div>
  );
}
