import { expect, test } from 'vitest'
import { SteadyWorld } from '../../../../adapters/node/providers/kubernetes/steady-world.ts'
import type { KubernetesObject } from '../../../../src/compiler/discovery/kubernetes/objects.ts'
import type { ObjectWorld } from '../../../../src/compiler/discovery/kubernetes/world.ts'

const secret = (name: string, resourceVersion = '1'): KubernetesObject => ({
  ...{ apiVersion: 'v1', kind: 'Secret' },
  metadata: { name, namespace: 'shop', resourceVersion },
})

const shown = (objects: ObjectWorld): string =>
  objects
    .list('Secret')
    .map(({ metadata: { name, resourceVersion } }) => `${name} ${resourceVersion}`)
    .join()

test('what changes while somebody reads shows afterwards, in the order in which it came', async () => {
  const world = new SteadyWorld()
  world.set(secret('a'))
  const { promise: isOver, resolve: end } = Promise.withResolvers<void>()
  const seen: string[] = []
  const reading = world.still(async (objects) => {
    seen.push(shown(objects))
    await isOver
    seen.push(shown(objects))
  })
  await expect.poll(() => seen).toEqual(['a 1'])
  world.set(secret('b'))
  world.delete(secret('a'))
  world.set(secret('a', '2'))
  world.delete(secret('b'))
  expect(shown(world.objects)).toBe('a 1')
  end()
  await reading
  expect(seen).toEqual(['a 1', 'a 1'])
  expect(shown(world.objects)).toBe('a 2')
})

test('who reads next waits, and sees what came meanwhile', async () => {
  const world = new SteadyWorld()
  const { promise: isOver, resolve: end } = Promise.withResolvers<void>()
  const first = world.still(() => isOver)
  const second = world.still(async (objects) => shown(objects))
  await Promise.resolve()
  world.set(secret('a'))
  end()
  await first
  expect(await second).toBe('a 1')
})

test('who fails stands in nobody’s way', async () => {
  const world = new SteadyWorld()
  const failing = world.still(async () => {
    world.set(secret('a'))
    throw new Error('a bug')
  })
  await expect(failing).rejects.toThrow('a bug')
  expect(await world.still(async (objects) => shown(objects))).toBe('a 1')
})
