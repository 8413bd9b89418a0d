import { useNow } from '../app/now';
import { UNKNOWN } from '../format/numbers';
import { formatAgo, formatDateTime } from '../format/time';

/** The time elapsed, with the time itself as a tooltip. */
export function TimeAgo({ at }: { at: string | null | undefined }) {
  const now = useNow();
  if (at == null) return <>{UNKNOWN}</>;
  return (
    <time dateTime={at} title={formatDateTime(at)}>
      {formatAgo(at, now)}
    </time>
  );
}
