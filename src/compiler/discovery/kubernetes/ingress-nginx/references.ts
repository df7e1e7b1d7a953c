import { Unusable } from '../servers.ts'
import type { AnnotationName } from './annotation-table.ts'
import { annotationField } from './annotations.ts'
import type { IngressScope } from './location.ts'
import { placeIn } from './options.ts'

/**
 * What an annotation refers to by `namespace/name`. Throws `Unusable`.
 * @param what it is called in messages
 * @param mayBeBare a name alone is one of the namespace
 */
export function referenceIn(
  { namespace, options }: IngressScope,
  annotation: AnnotationName,
  text: string,
  what: string,
  mayBeBare = false,
): { readonly namespace: string; readonly name: string } {
  const field = annotationField(annotation)
  const place = mayBeBare && !text.includes('/') ? { namespace, name: text } : placeIn(text)
  if (place === null || place.namespace === '' || place.name === '') {
    throw new Unusable(`invalid ${what} ${JSON.stringify(text)}`, field, 'it is written namespace/name')
  }
  if (place.namespace !== namespace && options.allowCrossNamespaceResources !== true) {
    const hint = 'the provider’s option allowCrossNamespaceResources permits them'
    throw new Unusable(`cross-namespace ${what} not allowed: ${text}`, field, hint)
  }
  return place
}
