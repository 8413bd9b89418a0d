// The pool's credentials at a node. They are never shown again.

import { TextField } from '../../components/Field';
import { Segmented } from '../../components/Segmented';

export interface Login {
  by: 'unchanged' | 'cookie' | 'password' | 'none';
  cookieFile: string;
  user: string;
  password: string;
}

export const NO_LOGIN: Login = { by: 'cookie', cookieFile: '', user: '', password: '' };
export const UNCHANGED_LOGIN: Login = { ...NO_LOGIN, by: 'unchanged' };

const WAYS = [
  { value: 'cookie', label: 'Cookie file' },
  { value: 'password', label: 'Password' },
  { value: 'none', label: 'None' },
] as const;
const WAYS_OF_KNOWN_NODE = [{ value: 'unchanged', label: 'Unchanged' }, ...WAYS] as const;

/** The settings for the API: those of the selected way, the others null. */
export function loginOf(login: Login): Record<string, string | null> {
  if (login.by === 'unchanged') return {};
  const none = { rpc_cookie_file: null, rpc_user: null, rpc_password: null };
  if (login.by === 'cookie') return { ...none, rpc_cookie_file: login.cookieFile.trim() || null };
  if (login.by === 'password') return { ...none, rpc_user: login.user, rpc_password: login.password };
  return none;
}

interface Props {
  login: Login;
  /** The node has credentials that may remain unchanged. */
  isKnown?: boolean;
  onChange: (login: Login) => void;
}

export function NodeLogin({ login, isKnown = false, onChange }: Props) {
  const change = (changes: Partial<Login>) => onChange({ ...login, ...changes });
  return (
    <div className="node-login">
      <p className="field-label">Authentication</p>
      <Segmented label="Authentication" options={isKnown ? WAYS_OF_KNOWN_NODE : WAYS} value={login.by} onChange={(by) => change({ by })} />
      <div className="fields">
        {login.by === 'cookie' && (
          <TextField
            className="is-wide"
            label="Cookie file"
            value={login.cookieFile}
            onChange={(cookieFile) => change({ cookieFile })}
            placeholder="/var/lib/litecoind/.cookie"
            hint="A path on the database server"
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
