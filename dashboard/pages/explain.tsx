import { read } from '../api/client.ts'
import type { EntryPoint, Explanation } from '../api/shapes.ts'
import { ExplainForm, type Question } from '../parts/explain-form.tsx'
import { ExplainResult } from '../parts/explain-result.tsx'
import { Heading } from '../parts/heading.tsx'
import { Loading } from '../parts/loading.tsx'
import { go, link, usePlace } from '../state/location.ts'
import { useLoad } from '../state/use-load.ts'

/** Why a request goes where it goes; nothing is sent. */
export function ExplainPage() {
  const { query } = usePlace()
  const given = (name: string) => query.get(name) ?? ''
  const question: Question = {
    method: given('method') || 'GET',
    url: given('url'),
    entryPoint: given('entryPoint'),
    clientAddress: given('clientAddress'),
    headers: given('headers'),
  }
  const isAsked = given('asked') !== ''
  const path = pathOf(question)
  const entryPoints = useLoad('entrypoints', (signal) => read<readonly EntryPoint[]>('entrypoints', signal))
  return (
    <>
      <Heading title="Explain a request" />
      <p class="lead">
        Which router takes a request, what its middlewares make of it, and which server would get it. Nothing is sent,
        and nothing changes.
      </p>
      <ExplainForm
        key={path}
        question={question}
        entryPoints={(entryPoints.value ?? []).map(({ name }) => name)}
        onAsk={({ method, url, entryPoint, clientAddress, headers }) =>
          go(link(['explain'], { method, url, entryPoint, clientAddress, headers, asked: 'yes' }))
        }
      />
      {isAsked && <Answer key={path} path={path} />}
    </>
  )
}

function Answer({ path }: { readonly path: string }) {
  const answer = useLoad(path, (signal) => read<Explanation>(path, signal))
  return <Loading of={answer}>{(explanation) => <ExplainResult explanation={explanation} />}</Loading>
}

function pathOf({ method, url, entryPoint, clientAddress, headers }: Question): string {
  const asked = new URLSearchParams({ method, url })
  if (entryPoint !== '') asked.set('entryPoint', entryPoint)
  if (clientAddress !== '') asked.set('clientAddress', clientAddress)
  for (const line of headers.split('\n')) if (line.trim() !== '') asked.append('header', line.trim())
  return `explain?${asked}`
}
