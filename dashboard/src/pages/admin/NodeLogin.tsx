// How the pool logs in at a node. What is given here is never shown again.

import { TextField } from '../../components/Field';
import { Segmented } from '../../components/Segmented';

export interface Login {
  by: 'cookie' | 'password' | 'nothing';
  cookieFile: string;
  user: string;
  password: string;
}

export const NO_LOGIN: Login = { by: 'cookie', cookieFile: '', user: '', password: '' };

const WAYS = [
  { value: 'cookie', label: 'Cookie file' },
  { value: 'password', label: 'Password' },
  { value: 'nothing', label: 'Nothing' },
] as const;

/** As the API takes it. */
export function loginOf(login: Login): Record<string, string> {
  if (login.by === 'cookie') return login.cookieFile.trim() === '' ? {} : { rpc_cookie_file: login.cookieFile.trim() };
  if (login.by === 'password') return { rpc_user: login.user, rpc_password: login.password };
  return {};
}

export function NodeLogin({ login, onChange }: { login: Login; onChange: (login: Login) => void }) {
  const change = (changes: Partial<Login>) => onChange({ ...login, ...changes });
  return (
    <div className="node-login">
      <p className="field-label">Log in by</p>
      <Segmented label="Log in by" options={WAYS} value={login.by} onChange={(by) => change({ by })} />
      <div className="fields">
        {login.by === 'cookie' && (
          <TextField
            className="is-wide"
            label="Cookie file"
            value={login.cookieFile}
            onChange={(cookieFile) => change({ cookieFile })}
            placeholder="/var/lib/litecoind/.cookie"
            hint="A path on the database’s machine"
            spellCheck={false}
            autoComplete="off"
          />
        )}
        {login.by === 'password' && (
          <>
            <TextField label="RPC user" value={login.user} onChange={(user) => change({ user })} spellCheck={false} autoComplete="off" />
            <TextField label="RPC password" type="password" value={login.password} onChange={(password) => change({ password })} autoComplete="off" />
          </>
        )}
      </div>
    </div>
  );
}
