import { Icon } from '../components/icons';
import { Segmented } from '../components/Segmented';
import { type Theme, THEMES, useTheme } from './theme';

const NAMES: Record<Theme, string> = { system: 'System', light: 'Light', dark: 'Dark' };

export function ThemeSwitch() {
  const [theme, setTheme] = useTheme();
  return (
    <Segmented
      label="Theme"
      options={THEMES.map((value) => ({ value, label: <Icon name={value} />, name: NAMES[value] }))}
      value={theme}
      onChange={setTheme}
    />
  );
}
