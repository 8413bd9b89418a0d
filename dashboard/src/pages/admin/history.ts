// What is read out of the history; pure.

import type { Change } from '../../api/adminTypes';

/** The switch of an algorithm that a rollback would undo: the newest not yet undone. Changes come newest first. */
export function undoableSwitch(changes: readonly Change[], algorithm: string): Change | undefined {
  const undone = new Set(changes.map((change) => change.undoes));
  return changes.find(
    (change) => change.kind === 'switch' && change.algorithm === algorithm && change.from_network !== null && !undone.has(change.switch_id),
  );
}

/** A change of settings in words: "symbol: LTC → tLTC". */
export function describeChanges(changes: Change['changes']): string[] {
  return Object.entries(changes ?? {}).map(([key, [former, present]]) => `${key}: ${text(former)} → ${text(present)}`);
}

function text(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
