import { useEffect, useRef } from 'preact/hooks'

interface ConfirmProps {
  readonly title: string
  readonly text: string
  readonly action: string
  readonly onConfirm: () => void
  readonly onClose: () => void
}

/** Asks before something is done by hand; Escape is no. */
export function Confirm({ title, text, action, onConfirm, onClose }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const isOver = useRef(false)
  useEffect(() => dialog.current?.showModal(), [])
  // The event of a closing comes later, when another dialog may be open already.
  const end = () => {
    if (isOver.current) return
    isOver.current = true
    onClose()
  }
  const close = () => {
    dialog.current?.close()
    end()
  }
  return (
    <dialog ref={dialog} aria-labelledby="confirm-title" aria-describedby="confirm-text" onClose={end}>
      <h2 id="confirm-title">{title}</h2>
      <p id="confirm-text">{text}</p>
      <div class="buttons">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button
          type="button"
          class="primary"
          onClick={() => {
            close()
            onConfirm()
          }}
        >
          {action}
        </button>
      </div>
    </dialog>
  )
}
