import { useState } from 'preact/hooks'
import { command, read } from '../api/client.ts'
import { elementPath, type Protocol, type ServerView, serversIn } from '../api/elements.ts'
import type { Element } from '../api/shapes.ts'
import { act } from '../state/notice.ts'
import { useLoad } from '../state/use-load.ts'
import { useVersion } from '../state/version.ts'
import { Confirm } from './confirm.tsx'
import { State } from './signal.tsx'

/** The servers of a service as branches of the line; where commands are taken each can be drained. */
export function ServerList({ protocol, service }: { readonly protocol: Protocol; readonly service: Element }) {
  const control = useVersion()?.control === true
  const path = `${elementPath(protocol, 'services', service.name)}/drained`
  const drained = useLoad(control ? path : null, (signal) => read<readonly string[]>(path, signal))
  return (
    <ul class="branches servers">
      {serversIn(service).map((server) => (
        <li key={server.url}>
          <Server
            server={server}
            drained={drained.value?.includes(server.url) === true}
            path={control ? path : null}
            service={service.name}
          />
        </li>
      ))}
    </ul>
  )
}

interface ServerProps {
  readonly server: ServerView
  readonly drained: boolean
  /** Where commands go; null: none are taken. */
  readonly path: string | null
  readonly service: string
}

function Server({ server: { url, state, weight }, drained, path, service }: ServerProps) {
  const [isAsking, setAsking] = useState(false)
  const shown = drained ? 'DRAINED' : (state ?? 'unknown')
  const send = (method: 'PUT' | 'DELETE') => () => command(method, `${path}?server=${encodeURIComponent(url)}`)
  const said = drained ? `${url} is back in ${service}.` : `${url} is drained in ${service}.`
  return (
    <div class="server">
      <State state={shown} />
      <span class="where">
        <code>{url}</code>
        {weight !== null && <span class="muted">weight {weight}</span>}
      </span>
      {path !== null && (
        <button
          type="button"
          class="small"
          aria-label={`${drained ? 'Take back' : 'Drain'} ${url}`}
          onClick={() => setAsking(true)}
        >
          {drained ? 'Take back' : 'Drain'}
        </button>
      )}
      {isAsking && (
        <Confirm
          title={drained ? 'Take the server back in?' : 'Drain the server?'}
          text={
            drained
              ? `${url} gets requests of ${service} again.`
              : `${url} gets no new requests of ${service}. What it is answering goes on, and so do sessions that are bound to it.`
          }
          action={drained ? 'Take back' : 'Drain'}
          onConfirm={() => void act(said, send(drained ? 'DELETE' : 'PUT'), send(drained ? 'PUT' : 'DELETE'))}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  )
}
