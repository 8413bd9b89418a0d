// How the pool logs in at a node. What is given here is never shown again.

import { TextField } from '../../components/Field';
import { Segmented } from '../../components/Segmented';

export interface Login {
  by: 'as before' | 'cookie' | 'password' | 'nothing';
  cookieFile: string;
  user: string;
  password: string;
}

export const NO_LOGIN: Login = { by: 'cookie', cookieFile: '', user: '', password: '' };
export const LOGIN_AS_BEFORE: Login = { ...NO_LOGIN, by: 'as before' };

const WAYS = [
  { value: 'cookie', label: 'Cookie file' },
  { value: 'password', label: 'Password' },
  { value: 'nothing', label: 'Nothing' },
] as const;
const WAYS_OF_A_KNOWN_NODE = [{ value: 'as before', label: 'As before' }, ...WAYS] as const;

/** As the API takes it: the way that is chosen, and no other. */
export function loginOf(login: Login): Record<string, string | null> {
  if (login.by === 'as before') return {};
  const nothing = { rpc_cookie_file: null, rpc_user: null, rpc_password: null };
  if (login.by === 'cookie') return { ...nothing, rpc_cookie_file: login.cookieFile.trim() || null };
  if (login.by === 'password') return { ...nothing, rpc_user: login.user, rpc_password: login.password };
  return nothing;
}

interface Props {
  login: Login;
  /** There is a login that may stay. */
  isKnown?: boolean;
  onChange: (login: Login) => void;
}

export function NodeLogin({ login, isKnown = false, onChange }: Props) {
  const change = (changes: Partial<Login>) => onChange({ ...login, ...changes });
  return (
    <div className="node-login">
      <p className="field-label">Log in by</p>
      <Segmented label="Log in by" options={isKnown ? WAYS_OF_A_KNOWN_NODE : WAYS} value={login.by} onChange={(by) => change({ by })} />
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
