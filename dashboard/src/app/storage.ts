// Preferences, kept between visits if the browser permits it.

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(`chimera.${name}`);
  } catch {
    return null;
  }
}

export function keep(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`chimera.${name}`);
    else localStorage.setItem(`chimera.${name}`, value);
  } catch {
    // private windows may refuse it; then the preference lasts for this visit
  }
}
