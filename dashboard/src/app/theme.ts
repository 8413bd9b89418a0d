// The theme, light or dark: the system's, or the one that the user selected.

import { useEffect, useState } from 'react';

import { keep, recall } from './storage';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const CHANGED = 'chimera-theme';
const darkSystem = window.matchMedia('(prefers-color-scheme: dark)');

function remembered(): Theme {
  const theme = recall('theme');
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

function apply(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(remembered);

  const choose = (chosen: Theme) => {
    keep('theme', chosen === 'system' ? null : chosen);
    apply(chosen);
    setTheme(chosen);
    window.dispatchEvent(new Event(CHANGED));
  };
  return [theme, choose];
}

/** A number that increases when colors change, so that canvases are redrawn. */
export function useThemeVersion(): number {
  const [version, setVersion] = useState(0);

  useEffect(() => {
    const grow = () => setVersion((old) => old + 1);
    window.addEventListener(CHANGED, grow);
    darkSystem.addEventListener('change', grow);
    return () => {
      window.removeEventListener(CHANGED, grow);
      darkSystem.removeEventListener('change', grow);
    };
  }, []);
  return version;
}
