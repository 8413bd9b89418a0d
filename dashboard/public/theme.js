// Shows the remembered theme before the page is painted; src/app/theme.ts does
// the rest.
try {
  const theme = localStorage.getItem('chimera.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // no storage: the system's theme it is
}
