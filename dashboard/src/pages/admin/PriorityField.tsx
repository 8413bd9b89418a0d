import { TextField } from '../../components/Field';

interface Props {
  priority: string;
  onChange: (priority: string) => void;
  hint: string;
}

export function PriorityField({ priority, onChange, hint }: Props) {
  return <TextField label="Priority" value={priority} onChange={onChange} inputMode="numeric" hint={hint} error={priorityProblem(priority)} />;
}

/** Why the value is not valid; null if it is. An empty field is valid. */
export function priorityProblem(priority: string): string | null {
  return priority === '' || /^\d{1,4}$/.test(priority) ? null : 'Enter a whole number.';
}
