// A change of the pool that wants its reason for the history.

import { type ReactNode, useState } from 'react';

import { Dialog } from '../../components/Dialog';
import { TextField } from '../../components/Field';
import { useToast } from '../../components/toasts';
import { useAction } from '../../components/useAction';

interface Props {
  title: string;
  children?: ReactNode;
  confirmLabel: string;
  isDangerous?: boolean;
  isReasonNeeded?: boolean;
  /** What stands above the reason can't be sent yet. */
  isIncomplete?: boolean;
  /** Where the reason will stand. */
  reasonHint?: string;
  act: (reason: string | null) => Promise<unknown>;
  doneText: string;
  onClose: () => void;
  onDone: () => void;
}

export function ReasonDialog({ title, children, confirmLabel, isDangerous, isReasonNeeded = false, isIncomplete = false, reasonHint = 'The history keeps it with your name', act, doneText, onClose, onDone }: Props) {
  const [reason, setReason] = useState('');
  const say = useToast();
  const action = useAction(async () => {
    await act(reason.trim() === '' ? null : reason.trim());
    say(doneText);
    onClose();
    onDone();
  });
  return (
    <Dialog
      title={title}
      confirmLabel={confirmLabel}
      {...(isDangerous && { isDangerous })}
      isRunning={action.isRunning}
      isIncomplete={isIncomplete || (isReasonNeeded && reason.trim() === '')}
      error={action.error}
      onConfirm={() => void action.run()}
      onClose={onClose}
    >
      {children}
      <TextField
        label={isReasonNeeded ? 'Reason' : 'Reason (if you like)'}
        value={reason}
        onChange={setReason}
        hint={reasonHint}
        maxLength={500}
        autoComplete="off"
      />
    </Dialog>
  );
}
