import { useState } from 'react';

import { apiPath, send } from '../../api/client';
import type { Batch } from '../../api/adminTypes';
import { ActionError } from '../../components/ActionError';
import { useToast } from '../../components/toasts';
import { useAction } from '../../components/useAction';
import { actionsOf, type BatchAction } from './batches';
import { ReasonDialog } from './ReasonDialog';

const LABELS: Record<BatchAction, string> = { hold: 'Hold', release: 'Release', retry: 'Retry', cancel: 'Cancel' };
const TEXTS: Record<'hold' | 'cancel', string> = {
  hold: 'The batch is not sent, and no new batch of the network is created, until it is released or cancelled.',
  cancel: 'The amounts are returned to the balances.',
};

/** Hold and cancel ask for a reason; the others act immediately. */
export function BatchActions({ batch, onDone }: { batch: Batch; onDone: () => void }) {
  const [asked, setAsked] = useState<'hold' | 'cancel' | undefined>();
  const say = useToast();
  const atOnce = useAction(async (action: 'release' | 'retry') => {
    await send('POST', apiPath`/admin/payouts/${batch.batch_id}/${action}`, {});
    say(action === 'release' ? `Batch ${batch.batch_id} released` : `Retrying batch ${batch.batch_id}`);
    onDone();
  });

  const start = (action: BatchAction) => {
    if (action === 'hold' || action === 'cancel') setAsked(action);
    else void atOnce.run(action);
  };
  return (
    <div className="row-actions">
      {actionsOf(batch).map((action) => (
        <button
          key={action}
          type="button"
          className={action === 'cancel' ? 'button is-small is-danger' : 'button is-small'}
          onClick={() => start(action)}
          disabled={atOnce.isRunning}
          aria-label={`${LABELS[action]} batch ${batch.batch_id}`}
        >
          {LABELS[action]}
        </button>
      ))}
      <ActionError error={atOnce.error} />
      {asked && (
        <ReasonDialog
          title={`${LABELS[asked]} batch ${batch.batch_id}?`}
          confirmLabel={asked === 'hold' ? 'Hold batch' : 'Cancel batch'}
          isDangerous={asked === 'cancel'}
          reasonHint="Stored with the batch"
          act={(reason) => send('POST', apiPath`/admin/payouts/${batch.batch_id}/${asked}`, { reason })}
          doneText={asked === 'hold' ? `Batch ${batch.batch_id} held` : `Batch ${batch.batch_id} cancelled`}
          onClose={() => setAsked(undefined)}
          onDone={onDone}
        >
          <p>{TEXTS[asked]}</p>
        </ReasonDialog>
      )}
    </div>
  );
}
