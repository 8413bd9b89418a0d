import type { Block } from '../api/types';
import { Badge, type Tone } from './Badge';

const TONES: Record<string, Tone> = { confirmed: 'good', orphaned: 'bad', rejected: 'bad' };

/** A block's status; for an immature block, its confirmations. */
export function BlockStatus({ block }: { block: Block }) {
  const { status, confirmations, confirmations_needed: needed } = block;
  const isMaturing = status === 'accepted' && confirmations !== null;

  if (!isMaturing) return <Badge tone={TONES[status] ?? 'wait'}>{status}</Badge>;
  return (
    <span className="maturing">
      <progress value={Math.max(0, Math.min(confirmations, needed))} max={needed} aria-label="Confirmations" />
      <span className="maturing-text">
        {Math.max(0, confirmations)} / {needed}
      </span>
    </span>
  );
}
