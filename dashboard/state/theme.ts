import { Store } from './store.ts'

/** `system`: as the system says. */
export type Theme = 'system' | 'light' | 'dark'

const KEY = 'signalbox-theme'
const THEMES: readonly Theme[] = ['system', 'light', 'dark']

export const theme = new Store<Theme>(kept())

/** Storage may be forbidden; then the choice lasts as long as the page. */
function kept(): Theme {
  try {
    return THEMES.find((known) => known === localStorage.getItem(KEY)) ?? 'system'
  } catch {
    return 'system'
  }
}

export function chooseTheme(chosen: Theme): void {
  theme.set(chosen)
  showTheme()
  try {
    localStorage.setItem(KEY, chosen)
  } catch {
    // As above.
  }
}

export function showTheme(): void {
  const { dataset } = document.documentElement
  if (theme.value === 'system') delete dataset.theme
  else dataset.theme = theme.value
}
