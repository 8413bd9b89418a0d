// Checks a name and a password before they are sent; pure.

export const PASSWORD_LENGTHS = { least: 10, most: 128 };

export function nameProblem(name: string): string | null {
  if (name === '') return 'Enter a name.';
  if (name.length < 3) return 'At least 3 characters.';
  if (name.length > 32) return 'At most 32 characters.';
  if (!/^[a-z0-9]/.test(name)) return 'The first character must be a lowercase letter or a digit.';
  if (!/^[a-z0-9_-]+$/.test(name)) return 'Use only lowercase letters, digits, - and _.';
  return null;
}

export function passwordProblem(password: string): string | null {
  const length = [...password].length;
  if (length < PASSWORD_LENGTHS.least) return `At least ${PASSWORD_LENGTHS.least} characters.`;
  if (length > PASSWORD_LENGTHS.most) return `At most ${PASSWORD_LENGTHS.most} characters.`;
  return null;
}
