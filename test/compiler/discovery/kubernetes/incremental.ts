import fc from 'fast-check'
import { expect } from 'vitest'
import type { KubernetesObject } from '../../../../src/compiler/discovery/kubernetes/objects.ts'
import { ObjectWorld, type World } from '../../../../src/compiler/discovery/kubernetes/world.ts'

/** Objects that come or go between two derivations. */
export type Changes = readonly (readonly [object: KubernetesObject, isThere: boolean])[]

/**
 * Whatever comes and goes, what a derivation with a memory says is what one without says.
 * @param begin a derivation by some options
 * @param whole the same without a memory
 */
export function expectIncremental<O>(
  step: fc.Arbitrary<Changes>,
  options: fc.Arbitrary<O>,
  begin: (options: O) => { derive(world: World): unknown },
  whole: (world: World, options: O) => unknown,
): void {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 10 }), options, (steps, given) => {
      const world = new ObjectWorld()
      const derivation = begin(given)
      for (const changes of steps) {
        for (const [object, isThere] of changes) {
          if (isThere) world.set(object)
          else world.delete(object)
        }
        expect(derivation.derive(world)).toEqual(whole(world, given))
      }
    }),
    { numRuns: 300 },
  )
}
