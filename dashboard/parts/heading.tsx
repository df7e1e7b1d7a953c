import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

interface HeadingProps {
  /** Of the window too. */
  readonly title: string
  /** What kind of thing it is. */
  readonly over?: ComponentChildren
  /** Names are written as they are in the configuration. */
  readonly code?: boolean
  readonly children?: ComponentChildren
}

/** The first heading of a page. Whoever comes to the page by a link is read it first. */
export function Heading({ title, over, code = false, children }: HeadingProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · Signalbox`
    // The first page of all is read from its top.
    if (document.activeElement !== document.body || isMoved) heading.current?.focus({ preventScroll: true })
    isMoved = true
    scrollTo(0, 0)
  }, [title])
  return (
    <header class="heading">
      {over !== undefined && <p class="over">{over}</p>}
      <h1 ref={heading} tabIndex={-1} class={code ? 'code' : ''}>
        {title}
      </h1>
      {children}
    </header>
  )
}

/** Whether there was another page before. */
let isMoved = false
