import { type Protocol, serversIn } from '../api/elements.ts'
import { isThere, type ServiceBranch } from '../api/track.ts'
import { ElementLink, Name } from './element-links.tsx'
import { ServerList } from './server-list.tsx'
import { State } from './signal.tsx'

/** A service with everything behind it, down to the servers: where the line divides. */
export function ServiceTree({ protocol, branch }: { readonly protocol: Protocol; readonly branch: ServiceBranch }) {
  const { name, element, branches } = branch
  if (!isThere(element)) {
    return (
      <div class="stop">
        <State state={element === null ? 'disabled' : 'unknown'}>
          <span>
            <Name name={name} />
          </span>
        </State>
        <p class="muted">{element === null ? 'There is no such service.' : 'It is not drawn: the picture is full.'}</p>
      </div>
    )
  }
  return (
    <div class="stop">
      <p class="stop-head">
        <ElementLink protocol={protocol} plural="services" name={name} />
        {element.type !== undefined && <span class="type">{element.type}</span>}
        {element.status !== 'enabled' && <State state={element.status} />}
      </p>
      {branches.length > 0 && (
        <ul class="branches">
          {branches.map((one, at) => (
            <li key={at}>
              <span class="points">{one.label}</span>
              <ServiceTree protocol={protocol} branch={one} />
            </li>
          ))}
        </ul>
      )}
      {serversIn(element).length > 0 && <ServerList protocol={protocol} service={element} />}
    </div>
  )
}
