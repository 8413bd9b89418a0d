import type { Listener } from '../api/types';
import { TextField } from '../components/Field';
import { withPrefix } from '../format/numbers';

interface Props {
  options: readonly string[];
  password: string;
  onChange: (password: string) => void;
  listener: Listener;
}

/** What can be wished for by the password; the API names what this port takes. */
export function PasswordOptions({ options, password, onChange, listener }: Props) {
  return (
    <div className="password-options">
      <TextField label="Password" value={password} onChange={onChange} spellCheck={false} autoComplete="off" hint="x, or wishes with commas between them" />
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
    return `starts at a difficulty, and never goes below it: ${withPrefix(listener.min_difficulty, '')} to ${withPrefix(listener.max_difficulty, '')}`;
  }
  if (option.startsWith('c=')) return 'chooses a coin of the port’s algorithm';
  return 'wishes for nothing';
}
