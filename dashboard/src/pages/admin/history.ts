// Evaluates the history of networks; pure.

import type { Change } from '../../api/adminTypes';

/** The switch that a rollback would undo: the algorithm's newest one not yet undone. Changes are newest first. */
export function undoableSwitch(changes: readonly Change[], algorithm: string): Change | undefined {
  const undone = new Set(changes.map((change) => change.undoes));
  return changes.find(
    (change) => change.kind === 'switch' && change.algorithm === algorithm && change.from_network !== null && !undone.has(change.switch_id),
  );
}

/** Changes of settings as text: "symbol: LTC → tLTC". */
export function describeChanges(changes: Change['changes']): string[] {
  return Object.entries(changes ?? {}).map(([key, [former, present]]) => `${key}: ${text(former)} → ${text(present)}`);
}

function text(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
