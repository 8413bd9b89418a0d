// A modal dialog with a question. The browser's dialog element handles focus and
// the Escape key.

import { type FormEvent, type ReactNode, useEffect, useId, useRef } from 'react';

import type { ApiError } from '../api/client';
import { ActionError } from './ActionError';

interface Props {
  title: string;
  children: ReactNode;
  confirmLabel: string;
  isDangerous?: boolean;
  isRunning: boolean;
  /** Something is not filled in, so it cannot be confirmed yet. */
  isIncomplete?: boolean;
  error: ApiError | undefined;
  onConfirm: () => void;
  onClose: () => void;
}

/** Open while it is rendered. */
export function Dialog({ title, children, confirmLabel, isDangerous, isRunning, isIncomplete, error, onConfirm, onClose }: Props) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isRunning && !isIncomplete) onConfirm();
  };
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={id} onCancel={onClose}>
      <form onSubmit={submit}>
        <h2 id={id}>{title}</h2>
        {children}
        <ActionError error={error} />
        <div className="form-actions">
          <button type="button" className="button" onClick={onClose}>
            Close
          </button>
          <button type="submit" className={isDangerous ? 'button is-danger' : 'button is-primary'} disabled={isRunning || isIncomplete}>
            {isRunning ? 'Working…' : confirmLabel}
          </button>
        </div>
      </form>
    </dialog>
  );
}
