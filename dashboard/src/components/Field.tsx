// A form's field with its label, hint, and error.

import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, useId } from 'react';

interface Shared {
  label: string;
  hint?: ReactNode;
  error?: string | null | undefined;
  /** Shown if the value is valid. */
  success?: string | null | undefined;
}

type TextFieldProps = Shared &
  Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value'> & { value: string; onChange: (value: string) => void };

export function TextField({ label, hint, error, success, onChange, className, ...input }: TextFieldProps) {
  const id = useId();
  return (
    <div className={`field ${className ?? ''}`}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        {...input}
        onChange={(event) => onChange(event.target.value)}
        aria-invalid={error != null}
        aria-describedby={`${id}-message`}
      />
      <Message id={`${id}-message`} hint={hint} error={error} success={success} />
    </div>
  );
}

type SelectFieldProps = Shared &
  Omit<SelectHTMLAttributes<HTMLSelectElement>, 'onChange' | 'value'> & {
    value: string;
    options: readonly { value: string; label: string }[];
    onChange: (value: string) => void;
  };

export function SelectField({ label, hint, error, success, options, onChange, className, ...select }: SelectFieldProps) {
  const id = useId();
  return (
    <div className={`field ${className ?? ''}`}>
      <label htmlFor={id}>{label}</label>
      <select id={id} {...select} onChange={(event) => onChange(event.target.value)} aria-invalid={error != null} aria-describedby={`${id}-message`}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <Message id={`${id}-message`} hint={hint} error={error} success={success} />
    </div>
  );
}

function Message({ id, hint, error, success }: Omit<Shared, 'label'> & { id: string }) {
  return (
    <p id={id} className="field-message" aria-live="polite">
      {error != null ? (
        <span className="tone-bad">{error}</span>
      ) : success != null ? (
        <span className="tone-good">{success}</span>
      ) : (
        <span className="muted">{hint}</span>
      )}
    </p>
  );
}
