// Edits payout addresses and their percentages, which are checked while typing.

import { type FormEvent, useState } from 'react';

import { send } from '../api/client';
import type { WalletSet } from '../api/types';
import { ActionError } from '../components/ActionError';
import { TextField } from '../components/Field';
import { useToast } from '../components/toasts';
import { useAction } from '../components/useAction';
import { useAddressCheck } from '../components/useAddressCheck';
import { formatDateTime } from '../format/time';
import { bodyOf, type Draft, draftsOf, isDuplicate, percentProblem, type WalletNetwork, withoutDraft } from './wallets';

interface Props {
  network: WalletNetwork | null;
  current: WalletSet | undefined;
  onClose: () => void;
  onSaved: () => void;
}

const MOST_ADDRESSES = 20;

export function WalletEditor({ network, current, onClose, onSaved }: Props) {
  const [drafts, setDrafts] = useState<Draft[]>(() => draftsOf(current));
  const say = useToast();
  const save = useAction(async (wanted: readonly Draft[]) => {
    const { effective_at: at } = await send<{ effective_at: string }>('PUT', '/user/wallets', bodyOf(network?.network ?? null, wanted));
    say(Date.parse(at) > Date.now() ? `Saved; takes effect on ${formatDateTime(at)}` : 'Saved');
    onSaved();
  });

  const change = (id: number, changes: Partial<Draft>) => setDrafts((old) => old.map((draft) => (draft.id === id ? { ...draft, ...changes } : draft)));
  const add = () => setDrafts((old) => [...old, { id: Math.max(...old.map((draft) => draft.id)) + 1, address: '', percent: '' }]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void save.run(drafts);
  };
  const isSplit = drafts.length > 1;
  const problem = isSplit ? percentProblem(drafts) : null;
  const isIncomplete = drafts.some((draft) => draft.address.trim() === '' || isDuplicate(drafts, draft)) || problem !== null;
  return (
    <form className="wallet-editor" onSubmit={submit}>
      {drafts.map((draft, i) => (
        <Row
          key={draft.id}
          draft={draft}
          number={i + 1}
          network={network}
          isSplit={isSplit}
          isDouble={isDuplicate(drafts, draft)}
          onChange={(changes) => change(draft.id, changes)}
          onRemove={() => setDrafts((old) => withoutDraft(old, draft.id))}
        />
      ))}
      {problem !== null && (
        <p className="tone-bad" role="status">
          {problem}
        </p>
      )}
      <ActionError error={save.error} />
      <div className="form-actions">
        <button type="submit" className="button is-primary" disabled={isIncomplete || save.isRunning}>
          {save.isRunning ? 'Saving…' : 'Save'}
        </button>
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
        {network !== null && drafts.length < MOST_ADDRESSES && (
          <button type="button" className="button" onClick={add}>
            Add address
          </button>
        )}
        {current !== undefined && (
          <button type="button" className="button is-danger" onClick={() => void save.run([])} disabled={save.isRunning}>
            Remove {network === null ? 'default' : 'all'}
          </button>
        )}
      </div>
    </form>
  );
}

interface RowProps {
  draft: Draft;
  number: number;
  network: WalletNetwork | null;
  isSplit: boolean;
  isDouble: boolean;
  onChange: (changes: Partial<Draft>) => void;
  onRemove: () => void;
}

function Row({ draft, number, network, isSplit, isDouble, onChange, onRemove }: RowProps) {
  const check = useAddressCheck(network?.network ?? null, draft.address);
  return (
    <div className="wallet-row">
      <TextField
        label={isSplit ? `Address ${number}` : 'Address'}
        value={draft.address}
        onChange={(address) => onChange({ address })}
        error={isDouble ? 'This address is listed twice.' : check.error}
        success={check.success}
        hint={network === null ? 'Checked against the pool’s networks when you save.' : `A ${network.display_name} address`}
        autoComplete="off"
        spellCheck={false}
      />
      {isSplit && (
        <>
          <TextField label="Percent" value={draft.percent} onChange={(percent) => onChange({ percent })} inputMode="decimal" autoComplete="off" />
          <button type="button" className="button wallet-remove" onClick={onRemove} aria-label={`Remove address ${number}`}>
            Remove
          </button>
        </>
      )}
    </div>
  );
}
