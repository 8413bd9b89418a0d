import { type FormEvent, useState } from 'react';

import { send } from '../api/client';
import { ActionError } from '../components/ActionError';
import { TextField } from '../components/Field';
import { Panel } from '../components/Panel';
import { useToast } from '../components/toasts';
import { useAction } from '../components/useAction';
import { PASSWORD_LENGTHS, passwordProblem } from './credentials';

export function PasswordPanel() {
  const [old, setOld] = useState('');
  const [wanted, setWanted] = useState('');
  const [again, setAgain] = useState('');
  const say = useToast();
  const save = useAction(async () => {
    await send('PUT', '/user/password', { old_password: old, new_password: wanted });
    for (const clear of [setOld, setWanted, setAgain]) clear('');
    say('Password changed; all other sessions have ended');
  });
  const problem = wanted === '' ? null : passwordProblem(wanted);
  const isComplete = old !== '' && wanted !== '' && problem === null && wanted === again;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isComplete) void save.run();
  };
  return (
    <Panel title="Password">
      <form onSubmit={submit}>
        <div className="fields">
          <TextField label="Current password" type="password" value={old} onChange={setOld} autoComplete="current-password" />
          <TextField
            label="New password"
            type="password"
            value={wanted}
            onChange={setWanted}
            error={problem}
            hint={`At least ${PASSWORD_LENGTHS.least} characters`}
            autoComplete="new-password"
          />
          <TextField
            label="Repeat new password"
            type="password"
            value={again}
            onChange={setAgain}
            error={again !== '' && again !== wanted ? 'The passwords do not match.' : null}
            autoComplete="new-password"
          />
        </div>
        <ActionError error={save.error} />
        <div className="form-actions">
          <button type="submit" className="button is-primary" disabled={!isComplete || save.isRunning}>
            {save.isRunning ? 'Changing…' : 'Change password'}
          </button>
        </div>
      </form>
    </Panel>
  );
}
