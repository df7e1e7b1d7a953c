import { useState } from 'preact/hooks'
import { command, read } from '../api/client.ts'
import { act } from '../state/notice.ts'
import { useLoad } from '../state/use-load.ts'
import { Confirm } from './confirm.tsx'
import { Loading } from './loading.tsx'

type Position = boolean | null

const POSITIONS: readonly (readonly [position: Position, name: string])[] = [
  [true, 'On'],
  [false, 'Off'],
  [null, 'As configured'],
]

const nameOf = (position: Position): string => POSITIONS.find(([each]) => each === position)![1].toLowerCase()

/** Switches a maintenance page by hand. @param path of the switch below `/api/` */
export function ManualSwitch({ name, path }: { readonly name: string; readonly path: string }) {
  const loaded = useLoad(path, (signal) => read<{ readonly on: Position }>(path, signal))
  const [wanted, setWanted] = useState<{ readonly to: Position } | null>(null)
  const put = (to: Position) => () => (to === null ? command('DELETE', path) : command('PUT', `${path}?on=${to}`))
  return (
    <section class="panel lever">
      <h2>Switch</h2>
      <Loading of={loaded}>
        {({ on }) => (
          <>
            <div class="choice">
              {POSITIONS.map(([position, label]) => (
                <button
                  key={label}
                  type="button"
                  aria-pressed={position === on}
                  onClick={() => position !== on && setWanted({ to: position })}
                >
                  {label}
                </button>
              ))}
            </div>
            {wanted !== null && (
              <Confirm
                title={`Set ${name} to ${nameOf(wanted.to)}?`}
                text={
                  wanted.to === true
                    ? 'Requests of the routers that use it are answered with the maintenance page, but for addresses that it lets through.'
                    : 'It holds until it is switched again, or the proxy restarts.'
                }
                action="Switch"
                onConfirm={() => void act(`${name} is ${nameOf(wanted.to)}.`, put(wanted.to), put(on))}
                onClose={() => setWanted(null)}
              />
            )}
          </>
        )}
      </Loading>
    </section>
  )
}
