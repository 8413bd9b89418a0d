import type { Listener } from '../api/types';
import { TextField } from '../components/Field';
import { withPrefix } from '../format/numbers';

interface Props {
  options: readonly string[];
  password: string;
  onChange: (password: string) => void;
  listener: Listener;
}

/** The options that a miner can set with its password on this port. */
export function PasswordOptions({ options, password, onChange, listener }: Props) {
  return (
    <div className="password-options">
      <TextField label="Password" value={password} onChange={onChange} spellCheck={false} autoComplete="off" hint="x, or options separated by commas" />
      {options.length > 0 && (
        <ul className="plain-list">
          {options.map((option) => (
            <li key={option}>
              <code>{option}</code> <span className="muted">{explain(option, listener)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function explain(option: string, listener: Listener): string {
  if (option.startsWith('d=')) {
    return `sets the start difficulty, which is also the minimum: ${withPrefix(listener.min_difficulty, '')} to ${withPrefix(listener.max_difficulty, '')}`;
  }
  if (option.startsWith('c=')) return 'selects a coin of the port’s algorithm';
  return 'no options';
}
