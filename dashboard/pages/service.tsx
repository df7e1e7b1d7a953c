import { type Protocol, serviceOptionsOf, usersOf } from '../api/elements.ts'
import { isThere, readBranch } from '../api/track.ts'
import { ElementLinks } from '../parts/element-links.tsx'
import { Errors } from '../parts/errors.tsx'
import { Heading } from '../parts/heading.tsx'
import { Loading } from '../parts/loading.tsx'
import { Options } from '../parts/options.tsx'
import { ServiceTree } from '../parts/service-tree.tsx'
import { State } from '../parts/signal.tsx'
import { useLoad } from '../state/use-load.ts'

/** A service with what is behind it, and who sends requests to it. */
export function ServicePage({ protocol, name }: { readonly protocol: Protocol; readonly name: string }) {
  const loaded = useLoad(`${protocol} ${name}`, (signal) =>
    readBranch(protocol, name, signal).then((branch) => ({ branch })),
  )
  return (
    <>
      <Heading title={name} over={`${protocol.toUpperCase()} service`} code />
      <Loading of={loaded}>
        {({ branch }) => {
          const element = branch?.element ?? null
          if (branch === null || !isThere(element))
            return <p class="plate-note">There is no service of this name in force.</p>
          const { status, type, provider, error = [] } = element
          const options = serviceOptionsOf(element)
          return (
            <>
              <p class="facts">
                <State state={status} />
                {type !== undefined && <span class="type">{type}</span>}
                <span>from {provider}</span>
              </p>
              <Errors errors={error} />
              <div class="columns">
                <section class="panel wide">
                  <h2>{branch.branches.length > 0 ? 'Where requests go' : 'Servers'}</h2>
                  <ServiceTree protocol={protocol} branch={branch} />
                </section>
                <section class="panel">
                  <h2>Used by routers</h2>
                  <ElementLinks protocol={protocol} plural="routers" names={usersOf(element)} />
                </section>
                {options !== null && (
                  <section class="panel">
                    <h2>Options</h2>
                    <Options value={options} />
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
