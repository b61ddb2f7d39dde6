// The theme and the language that were chosen, before anything is drawn.
try {
  const chosen = JSON.parse(localStorage.getItem('gap.preferences') ?? '{}')
  const dark =
    chosen.theme === 'dark' || (chosen.theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.classList.toggle('dark', dark)
  if (chosen.language) document.documentElement.lang = chosen.language
} catch {
  // A browser that keeps nothing shows what the system prefers.
}
