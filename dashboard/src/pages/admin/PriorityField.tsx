import { TextField } from '../../components/Field';

interface Props {
  priority: string;
  onChange: (priority: string) => void;
  hint: string;
}

export function PriorityField({ priority, onChange, hint }: Props) {
  return <TextField label="Priority" value={priority} onChange={onChange} inputMode="numeric" hint={hint} error={priorityProblem(priority)} />;
}

/** The problem with the value; an empty field is no problem. */
export function priorityProblem(priority: string): string | null {
  return priority === '' || /^\d{1,4}$/.test(priority) ? null : 'A whole number.';
}
