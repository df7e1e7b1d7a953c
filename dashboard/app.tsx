import { useEffect } from 'preact/hooks'
import { type Plural, PROTOCOLS, type Protocol, pluralsOf } from './api/elements.ts'
import { CertificatesPage } from './pages/certificates.tsx'
import { ExplainPage } from './pages/explain.tsx'
import { HistoryPage } from './pages/history.tsx'
import { ListPage } from './pages/list.tsx'
import { MiddlewarePage } from './pages/middleware.tsx'
import { OverviewPage } from './pages/overview.tsx'
import { ProblemsPage } from './pages/problems.tsx'
import { RouterPage } from './pages/router.tsx'
import { ServicePage } from './pages/service.tsx'
import { TrafficPage } from './pages/traffic.tsx'
import { SEARCH_ID } from './parts/filters.tsx'
import { Header } from './parts/header.tsx'
import { Heading } from './parts/heading.tsx'
import { ConnectionLine, NoticeLine } from './parts/notices.tsx'
import { go, link, usePlace } from './state/location.ts'

const PAGES: Readonly<Record<string, () => preact.JSX.Element>> = {
  '': OverviewPage,
  traffic: TrafficPage,
  problems: ProblemsPage,
  history: HistoryPage,
  explain: ExplainPage,
  certificates: CertificatesPage,
}

const ELEMENT_PAGES = { routers: RouterPage, services: ServicePage, middlewares: MiddlewarePage } as const

/** The whole page. */
export function App() {
  const { segments } = usePlace()
  useEffect(() => {
    addEventListener('keydown', findBySlash)
    return () => removeEventListener('keydown', findBySlash)
  }, [])
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <Header segments={segments} />
      <main id="main" tabIndex={-1}>
        <ConnectionLine />
        <NoticeLine />
        <Content segments={segments} />
      </main>
    </>
  )
}

function Content({ segments }: { readonly segments: readonly string[] }) {
  const [first = '', second, name] = segments
  const Page = segments.length < 2 && Object.hasOwn(PAGES, first) ? PAGES[first] : undefined
  if (Page !== undefined) return <Page key={first} />
  const protocol = PROTOCOLS.find((each) => each === first)
  const plural = protocol === undefined ? undefined : pluralsOf(protocol).find((each) => each === second)
  if (protocol !== undefined && plural !== undefined && segments.length < 4)
    return <Elements protocol={protocol} plural={plural} name={name ?? ''} />
  return (
    <>
      <Heading title="There is no such page" />
      <p>
        <a href={link([])}>To the overview</a>
      </p>
    </>
  )
}

function Elements({
  protocol,
  plural,
  name,
}: {
  readonly protocol: Protocol
  readonly plural: Plural
  readonly name: string
}) {
  if (name === '') return <ListPage key={`${protocol} ${plural}`} protocol={protocol} plural={plural} />
  const Page = ELEMENT_PAGES[plural]
  return <Page key={`${protocol} ${plural} ${name}`} protocol={protocol} name={name} />
}

/** `/` leads to the search of the list, or to the list of routers. */
function findBySlash(event: KeyboardEvent): void {
  const isTyping =
    event.target instanceof HTMLElement && event.target.closest('input, textarea, select, dialog') !== null
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping) return
  event.preventDefault()
  const focus = () => {
    const field = document.getElementById(SEARCH_ID)
    field?.focus()
    return field !== null
  }
  if (focus()) return
  go(link(['http', 'routers']))
  // The list is drawn once the address has changed.
  addEventListener('hashchange', () => requestAnimationFrame(() => setTimeout(focus)), { once: true })
}
