import { PROTOCOLS, type Protocol, qualified } from '../api/elements.ts'
import type { Router } from '../api/shapes.ts'
import { readTrack, type Track } from '../api/track.ts'
import { ElementLinks } from '../parts/element-links.tsx'
import { Errors } from '../parts/errors.tsx'
import { Heading } from '../parts/heading.tsx'
import { Loading } from '../parts/loading.tsx'
import { MiddlewareStops } from '../parts/middleware-stops.tsx'
import { Options } from '../parts/options.tsx'
import { ServiceTree } from '../parts/service-tree.tsx'
import { State } from '../parts/signal.tsx'
import { Station } from '../parts/station.tsx'
import { link } from '../state/location.ts'
import { useLoad } from '../state/use-load.ts'

/** A router as the picture of its line: entry points, rule, middlewares, services, servers. */
export function RouterPage({ protocol, name }: { readonly protocol: Protocol; readonly name: string }) {
  const loaded = useLoad(`${protocol} ${name}`, (signal) =>
    readTrack(protocol, name, signal).then((track) => ({ track })),
  )
  return (
    <>
      <Heading title={name} over={`${protocol.toUpperCase()} router`} code />
      <Loading of={loaded}>
        {({ track }) =>
          track === null ? (
            <p class="plate-note">There is no router of this name in force.</p>
          ) : (
            <Line protocol={protocol} track={track} />
          )
        }
      </Loading>
    </>
  )
}

function Line({
  protocol,
  track: { router, middlewares, service },
}: {
  readonly protocol: Protocol
  readonly track: Track
}) {
  const { status, provider, error = [], using = [], parentRefs = [] } = router
  return (
    <>
      <p class="facts">
        <State state={status} />
        <span>from {provider}</span>
        {router.tls !== undefined && <span class="type">TLS</span>}
        {protocol === PROTOCOLS[0] && (
          <a href={link(['explain'], { url: exampleUrl(router) })}>Why would a request come here?</a>
        )}
      </p>
      <Errors errors={error} />
      <div class="line">
        <Station label={using.length === 1 ? 'Entry point' : 'Entry points'} isFirst>
          {using.length === 0 ? <p class="muted">none: no request comes in</p> : null}
          <ul class="values">
            {using.map((one) => (
              <li key={one}>
                <code>{one}</code>
              </li>
            ))}
          </ul>
        </Station>
        <Station label={router.rule === undefined ? 'Router' : 'Rule'} status={status}>
          {router.rule !== undefined && <code class="rule">{router.rule}</code>}
          <RouterFacts router={router} />
          {parentRefs.length > 0 && (
            <>
              <p class="label">Comes through</p>
              <ElementLinks
                protocol={protocol}
                plural="routers"
                names={parentRefs.map((one) => qualified(one, provider))}
              />
            </>
          )}
        </Station>
        {(middlewares.length > 0 || protocol !== 'udp') && (
          <Station label="Middlewares">
            <MiddlewareStops protocol={protocol} stops={middlewares} />
          </Station>
        )}
        <Station label="Service and servers" isLast>
          {service === null ? (
            <p class="muted">none of its own</p>
          ) : (
            <ServiceTree protocol={protocol} branch={service} />
          )}
        </Station>
      </div>
    </>
  )
}

/** What else a router says, whatever it is. */
function RouterFacts({ router }: { readonly router: Router }) {
  const { priorityStr, priority: _, ...more } = router
  const rest = Object.entries(more).filter(([key]) => !DRAWN.has(key))
  return (
    <>
      {priorityStr !== undefined && priorityStr !== '0' && <Options value={{ priority: priorityStr }} />}
      {rest.length > 0 && (
        <details>
          <summary>Options</summary>
          <Options value={Object.fromEntries(rest)} />
        </details>
      )}
    </>
  )
}

/** What is part of the picture. */
const DRAWN = new Set([
  'name',
  'provider',
  'status',
  'error',
  'using',
  'entryPoints',
  'rule',
  'middlewares',
  'service',
  'parentRefs',
])

/** A request that the rule may be about, as far as its text tells. */
function exampleUrl({ rule = '', tls }: Router): string {
  const host = /Host\(`([^`]+)`/.exec(rule)?.[1] ?? 'example.com'
  const path = /Path(?:Prefix)?\(`(\/[^`<]*)`/.exec(rule)?.[1] ?? '/'
  return `${tls === undefined ? 'http' : 'https'}://${host}${path}`
}
