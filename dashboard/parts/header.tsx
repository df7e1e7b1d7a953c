import { useEffect, useState } from 'preact/hooks'
import { PROTOCOLS, pluralsOf } from '../api/elements.ts'
import { link } from '../state/location.ts'
import { useProblems } from '../state/problems.ts'
import { useStore } from '../state/store.ts'
import { chooseTheme, type Theme, theme } from '../state/theme.ts'
import { useVersion } from '../state/version.ts'

const THEMES: readonly (readonly [theme: Theme, name: string])[] = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
]

interface HeaderProps {
  /** Where the reader is. */
  readonly segments: readonly string[]
}

/** Name, places and the switch for light and dark; on narrow screens the places fold away. */
export function Header({ segments }: HeaderProps) {
  const [isOpen, setOpen] = useState(false)
  const version = useVersion()
  const chosen = useStore(theme)
  const place = segments.join('/')
  useEffect(() => setOpen(false), [place])
  return (
    <header class="top">
      <div class="board">
        <a class="brand" href={link([])}>
          <Mark />
          <span>{version?.dashboardName || 'Signalbox'}</span>
        </a>
        <button
          type="button"
          class="menu"
          aria-expanded={isOpen}
          aria-controls="places"
          onClick={() => setOpen(!isOpen)}
        >
          Menu
        </button>
        <div id="places" class={isOpen ? 'places open' : 'places'}>
          <Places segments={segments} />
          <label class="theme">
            <span class="label">Colours</span>
            <select value={chosen} onChange={({ currentTarget: { value } }) => chooseTheme(value as Theme)}>
              {THEMES.map(([each, name]) => (
                <option key={each} value={each}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        </div>
      </div>
    </header>
  )
}

/** Two lines and the points between them. */
function Mark() {
  return (
    <svg viewBox="0 0 28 20" aria-hidden="true">
      <path d="M1 14h26M6 14l8-8h13" />
      <circle cx="20" cy="14" r="3" />
    </svg>
  )
}

function Places({ segments }: HeaderProps) {
  const [first = '', second = ''] = segments
  const problems = useProblems()?.length ?? 0
  const isAt = (to: readonly string[]) => (to[0] ?? '') === first && (to[1] ?? '') === second
  const at = (to: readonly string[], name: string, badge = 0) => (
    <li key={name}>
      <a href={link(to)} aria-current={isAt(to) ? (segments.length === to.length ? 'page' : 'true') : undefined}>
        {name}
        {badge > 0 && (
          <span class="badge">
            {badge}
            <span class="hidden"> problems</span>
          </span>
        )}
      </a>
    </li>
  )
  return (
    <nav aria-label="Places">
      <ul>
        {at([], 'Overview')}
        {at(['problems'], 'Problems', problems)}
        {at(['traffic'], 'Traffic')}
        {at(['explain'], 'Explain')}
        {at(['history'], 'History')}
        {at(['certificates'], 'Certificates')}
      </ul>
      {PROTOCOLS.map((protocol) => (
        <div key={protocol}>
          <p class="label">{protocol.toUpperCase()}</p>
          <ul>
            {pluralsOf(protocol).map((plural) =>
              at([protocol, plural], `${plural[0]!.toUpperCase()}${plural.slice(1)}`),
            )}
          </ul>
        </div>
      ))}
    </nav>
  )
}
