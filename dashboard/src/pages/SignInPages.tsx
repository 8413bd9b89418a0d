// Logging in and signing up.

import { type FormEvent, useEffect, useState } from 'react';

import { navigate } from '../app/location';
import { useNetworks } from '../app/networks';
import { useSession } from '../app/session';
import { ActionError } from '../components/ActionError';
import { TextField } from '../components/Field';
import { Link } from '../components/Link';
import { Page } from '../components/Page';
import { useAction } from '../components/useAction';
import { nameProblem, PASSWORD_LENGTHS, passwordProblem } from './credentials';

export function LoginPage({ note }: { note?: string }) {
  const { logIn } = useSession();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const action = useAction(() => logIn(name.trim(), password));
  useLeaveWhenSignedIn(note === undefined);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    void action.run().then((isDone) => isDone || setPassword(''));
  };
  return (
    <Page title="Log in" lead={note ?? 'See your account and change its payout addresses'}>
      <form className="panel sign-in" onSubmit={submit}>
        <ActionError error={action.error} />
        <TextField label="Name" value={name} onChange={setName} autoComplete="username" autoCapitalize="none" required spellCheck={false} />
        <TextField label="Password" type="password" value={password} onChange={setPassword} autoComplete="current-password" required />
        <button type="submit" className="button is-primary" disabled={action.isRunning}>
          {action.isRunning ? 'Logging in…' : 'Log in'}
        </button>
        <p className="muted">
          No account yet? <Link to={{ page: 'sign-up' }}>Sign up</Link>. No account is required to mine with an address.
        </p>
      </form>
    </Page>
  );
}

export function SignUpPage() {
  const { signUp } = useSession();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [isTried, setIsTried] = useState(false);
  const action = useAction(() => signUp(name.trim(), password));
  useLeaveWhenSignedIn(true);

  const problems = {
    name: nameProblem(name.trim()),
    password: passwordProblem(password),
    again: again === password ? null : 'The passwords do not match.',
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setIsTried(true);
    if (Object.values(problems).every((problem) => problem === null)) void action.run();
  };
  const shown = (value: string, problem: string | null) => (isTried || value !== '' ? problem : null);
  return (
    <Page title="Sign up" lead="An account keeps your statistics private and has payout addresses for each network">
      <form className="panel sign-in" onSubmit={submit} noValidate>
        <ActionError error={action.error} />
        <TextField
          label="Name"
          value={name}
          onChange={setName}
          error={shown(name, problems.name)}
          hint="Your miners use this name too: NAME.rig1"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
        />
        <TextField
          label="Password"
          type="password"
          value={password}
          onChange={setPassword}
          error={shown(password, problems.password)}
          hint={`At least ${PASSWORD_LENGTHS.least} characters`}
          autoComplete="new-password"
        />
        <TextField
          label="Repeat password"
          type="password"
          value={again}
          onChange={setAgain}
          error={shown(again, problems.again)}
          autoComplete="new-password"
        />
        <button type="submit" className="button is-primary" disabled={action.isRunning}>
          {action.isRunning ? 'Signing up…' : 'Sign up'}
        </button>
        <p className="muted">
          Already have an account? <Link to={{ page: 'login' }}>Log in</Link>
        </p>
      </form>
    </Page>
  );
}

/** Leaves the page after signing in, unless it is shown in place of another page, which then appears. */
function useLeaveWhenSignedIn(leaves: boolean): void {
  const { account } = useSession();
  const { hrefTo } = useNetworks();
  const href = hrefTo({ page: 'user', tab: 'overview' });
  useEffect(() => {
    if (leaves && account != null) navigate(href, { replace: true });
  }, [leaves, account, href]);
}
