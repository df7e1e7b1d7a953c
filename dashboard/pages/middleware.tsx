import { readIfThere } from '../api/client.ts'
import { blockOf, elementPath, type Protocol, usersOf } from '../api/elements.ts'
import type { Element } from '../api/shapes.ts'
import { ElementLinks } from '../parts/element-links.tsx'
import { Errors } from '../parts/errors.tsx'
import { Heading } from '../parts/heading.tsx'
import { Loading } from '../parts/loading.tsx'
import { ManualSwitch } from '../parts/manual-switch.tsx'
import { Options } from '../parts/options.tsx'
import { State } from '../parts/signal.tsx'
import { useLoad } from '../state/use-load.ts'
import { useVersion } from '../state/version.ts'

/** A middleware with its options, and who uses it. */
export function MiddlewarePage({ protocol, name }: { readonly protocol: Protocol; readonly name: string }) {
  const path = elementPath(protocol, 'middlewares', name)
  const loaded = useLoad(path, (signal) => readIfThere<Element>(path, signal).then((element) => ({ element })))
  const control = useVersion()?.control === true
  return (
    <>
      <Heading title={name} over={`${protocol.toUpperCase()} middleware`} code />
      <Loading of={loaded}>
        {({ element }) => {
          if (element === null) return <p class="plate-note">There is no middleware of this name in force.</p>
          const { status, type, provider, error = [] } = element
          return (
            <>
              <p class="facts">
                <State state={status} />
                <span class="type">{type}</span>
                <span>from {provider}</span>
              </p>
              <Errors errors={error} />
              {control && type === 'maintenance' && <ManualSwitch name={name} path={`${path}/switch`} />}
              <div class="columns">
                <section class="panel">
                  <h2>Options</h2>
                  <Options value={blockOf(element)} />
                </section>
                {protocol === 'http' && (
                  <section class="panel">
                    <h2>Used by routers</h2>
                    <ElementLinks protocol={protocol} plural="routers" names={usersOf(element)} />
                  </section>
                )}
              </div>
            </>
          )
        }}
      </Loading>
    </>
  )
}
