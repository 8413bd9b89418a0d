// The actions that a payout batch permits; pure.

import type { Batch } from '../../api/adminTypes';

export type BatchAction = 'hold' | 'release' | 'retry' | 'cancel';

export function actionsOf(batch: Pick<Batch, 'state' | 'held_by' | 'problem' | 'txid'>): BatchAction[] {
  if (batch.state !== 'prepared' && batch.state !== 'sending') return [];
  const actions: BatchAction[] = batch.held_by !== null ? ['release'] : batch.problem !== null ? ['retry', 'hold'] : ['hold'];
  // a signed transaction may already have been broadcast
  if (batch.state === 'prepared' && batch.txid === null) actions.push('cancel');
  return actions;
}
