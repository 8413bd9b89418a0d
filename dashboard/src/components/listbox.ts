// Where a key leads in a list of options; pure.

/** The option that a key moves to, by its index; undefined when it is no key of lists. */
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

/** The next option, after index and around, whose text starts with what was typed. */
export function findByPrefix(texts: readonly string[], typed: string, index: number): number | undefined {
  for (let i = 1; i <= texts.length; i += 1) {
    const candidate = (index + i) % texts.length;
    if (texts[candidate]?.toLowerCase().startsWith(typed.toLowerCase())) return candidate;
  }
  return undefined;
}
