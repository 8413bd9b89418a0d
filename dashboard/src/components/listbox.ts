// Keyboard navigation in a list of options; pure.

/** The index of the option that a key moves to; undefined for other keys. */
export function moveInList(key: string, index: number, count: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return Math.min(index + 1, count - 1);
    case 'ArrowUp':
      return Math.max(index - 1, 0);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}

/** The next option after index, cyclically, whose text starts with the typed text. */
export function findByPrefix(texts: readonly string[], typed: string, index: number): number | undefined {
  for (let i = 1; i <= texts.length; i += 1) {
    const candidate = (index + i) % texts.length;
    if (texts[candidate]?.toLowerCase().startsWith(typed.toLowerCase())) return candidate;
  }
  return undefined;
}
