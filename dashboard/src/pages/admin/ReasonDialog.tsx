// Confirms a change and asks for its reason, which the history keeps.

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
  /** The fields above the reason are not complete yet. */
  isIncomplete?: boolean;
  /** Where the reason will be stored. */
  reasonHint?: string;
  act: (reason: string | null) => Promise<unknown>;
  doneText: string;
  onClose: () => void;
  onDone: () => void;
}

export function ReasonDialog({ title, children, confirmLabel, isDangerous, isReasonNeeded = false, isIncomplete = false, reasonHint = 'Recorded in the history with your name', act, doneText, onClose, onDone }: Props) {
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
        label={isReasonNeeded ? 'Reason' : 'Reason (optional)'}
        value={reason}
        onChange={setReason}
        hint={reasonHint}
        maxLength={500}
        autoComplete="off"
      />
    </Dialog>
  );
}
