import { SelectField, TextField } from '../../components/Field';
import { GROUPS, type Setting } from './settings';

interface Props {
  typed: Readonly<Record<string, string>>;
  problems: Readonly<Record<string, string>>;
  onChange: (key: string, text: string) => void;
  /** Settings that the form shows elsewhere. */
  without?: readonly string[];
}

/** All settings of a network, in groups. */
export function SettingFields({ typed, problems, onChange, without = [] }: Props) {
  return (
    <>
      {GROUPS.map((group) => (
        <fieldset key={group.title} className="setting-group">
          <legend>{group.title}</legend>
          <div className="fields">
            {group.settings
              .filter((setting) => !without.includes(setting.key))
              .map((setting) => (
                <Field
                  key={setting.key}
                  setting={setting}
                  text={typed[setting.key] ?? ''}
                  problem={problems[setting.key]}
                  onChange={(text) => onChange(setting.key, text)}
                />
              ))}
          </div>
        </fieldset>
      ))}
    </>
  );
}

interface FieldProps {
  setting: Setting;
  text: string;
  problem: string | undefined;
  onChange: (text: string) => void;
}

function Field({ setting, text, problem, onChange }: FieldProps) {
  if (setting.options !== undefined) {
    const options = setting.options.map((value) => ({ value, label: value }));
    return <SelectField label={setting.label} value={text} options={text === '' ? [{ value: '', label: '' }, ...options] : options} onChange={onChange} hint={setting.hint} />;
  }
  return <TextField label={setting.label} value={text} onChange={onChange} hint={setting.hint} error={problem} spellCheck={false} autoComplete="off" />;
}
