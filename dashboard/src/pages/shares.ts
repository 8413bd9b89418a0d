import type { ShareCounts } from '../api/types';

export function rejectedOf(counts: ShareCounts): number {
  return counts.stale + counts.duplicate + counts.low_difficulty + counts.invalid;
}
