import { useEffect, useRef } from 'preact/hooks'
import type { ExplainedService, Explanation, Field } from '../api/shapes.ts'
import { ElementLink, Name } from './element-links.tsx'
import { counted } from './numbers.ts'
import { OptionsOf } from './options.tsx'
import { State } from './signal.tsx'
import { Station } from './station.tsx'

/** The answer, the way in one sentence first. */
export function ExplainResult({ explanation }: { readonly explanation: Explanation }) {
  const { request, routers, routersLeftOut, router, path, middlewares, service, server, forwarded, answer } =
    explanation
  const verdict = useRef<HTMLHeadingElement>(null)
  // Whoever has asked is read the answer.
  useEffect(() => verdict.current?.focus({ preventScroll: true }), [])
  return (
    <section aria-labelledby="verdict" class="verdict">
      <h2 id="verdict" ref={verdict} tabIndex={-1}>
        <Verdict explanation={explanation} />
      </h2>
      <div class="line">
        <Station label="Request" isFirst>
          <p>
            <code>
              {request.method} {request.url}
            </code>
          </p>
          {request.entryPoint !== null && <p>enters by {request.entryPoint}</p>}
          {request.clientAddress !== null && request.clientAddress !== '' && (
            <p class="muted">from {request.clientAddress}</p>
          )}
          <Fields fields={request.headers} />
        </Station>
        <Station label={path.length > 1 ? 'Routers' : 'Router'} status={router === null ? 'disabled' : 'enabled'}>
          {router === null ? (
            <p>No router matches.</p>
          ) : (
            <ul class="links">
              {path.map((name) => (
                <li key={name}>
                  <ElementLink protocol="http" plural="routers" name={name} />
                </li>
              ))}
            </ul>
          )}
        </Station>
        {middlewares.length > 0 && (
          <Station label="Middlewares">
            <ol class="stops">
              {middlewares.map(({ name, type, options, effect }, at) => (
                <li key={at}>
                  <p class="stop-head">
                    <ElementLink protocol="http" plural="middlewares" name={name} />
                    <span class="type">{type}</span>
                  </p>
                  <p>{effect}</p>
                  <OptionsOf name={name} value={options} />
                </li>
              ))}
            </ol>
          </Station>
        )}
        <Station
          label={server === null ? 'Answer' : 'Service and server'}
          status={server === null ? 'disabled' : 'up'}
          isLast
        >
          {answer !== null && (
            <p>
              <b>{answer.status}</b> {answer.reason}
            </p>
          )}
          {service !== null && <Branch service={service} />}
          {forwarded !== null && (
            <details>
              <summary>As the server gets it</summary>
              <p>
                <code>
                  {forwarded.method} {forwarded.url}
                </code>
              </p>
              <Fields fields={forwarded.headers} />
            </details>
          )}
        </Station>
      </div>
      <h2>{routers.length === 1 ? 'One router tried' : `${routers.length} routers tried, in this order`}</h2>
      <ol class="tried">
        {routers.map(({ name, rule, priority, matched, reason }) => (
          <li key={name} class={name === router ? 'won' : ''}>
            <p class="stop-head">
              <State state={matched ? 'enabled' : 'unknown'}>{matched ? 'matches' : 'not taken'}</State>
              <ElementLink protocol="http" plural="routers" name={name} />
              <span class="muted">priority {priority}</span>
            </p>
            <code class="rule">{rule}</code>
            <p>{reason}</p>
          </li>
        ))}
      </ol>
      {routersLeftOut > 0 && <p class="muted">{counted(routersLeftOut, 'more router')} are not shown.</p>}
    </section>
  )
}

function Verdict({
  explanation: { router, middlewares, service, server, answer },
}: {
  readonly explanation: Explanation
}) {
  if (router === null) {
    return <>No router takes it{answer !== null && `: the answer is ${answer.status}`}.</>
  }
  if (answer !== null) {
    return (
      <>
        <Name name={router} /> takes it, and the answer is {answer.status}: {answer.reason}.
      </>
    )
  }
  const through = middlewares.length === 0 ? '' : `, through ${counted(middlewares.length, 'middleware')},`
  return (
    <>
      <Name name={router} /> takes it{through}
      {server !== null && ` and ${service === null ? 'it' : service.name} sends it to ${server}`}.
    </>
  )
}

function Fields({ fields }: { readonly fields: readonly Field[] }) {
  if (fields.length === 0) return null
  return (
    <ul class="fields">
      {fields.map(([name, value], at) => (
        <li key={at}>
          <code>
            {name}: {value}
          </code>
        </li>
      ))}
    </ul>
  )
}

function Branch({
  service: { name, type, weight, children = [], servers = [] },
}: {
  readonly service: ExplainedService
}) {
  return (
    <div class="stop">
      <p class="stop-head">
        <ElementLink protocol="http" plural="services" name={name} />
        <span class="type">{type}</span>
        {typeof weight === 'number' && <span class="muted">weight {weight}</span>}
      </p>
      {children.length + servers.length > 0 && (
        <ul class="branches">
          {children.map((child, at) => (
            <li key={at}>
              <Branch service={child} />
            </li>
          ))}
          {servers.map(({ url, state, chosen }) => (
            <li key={url} class={chosen ? 'chosen' : ''}>
              <div class="server">
                <State state={state} />
                <span class="where">
                  <code>{url}</code>
                  {chosen && <span class="type">next</span>}
                </span>
              </div>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
