import { expect, test } from 'vitest'
import { buildRouterTree, type TreeNode } from '../../../src/compiler/planning/router-tree.ts'

const node = (name: string, parents: string[] = [], over: Partial<TreeNode> = {}): TreeNode => ({
  name,
  parents,
  hasService: true,
  forbidden: null,
  ...over,
})

test('a missing parent makes a child unreachable', () => {
  const tree = buildRouterTree([node('c', ['nobody'])])
  expect(tree.errors.get('c')).toEqual(['parent router "nobody" does not exist', 'router is not reachable'])
})

test('a child must not name entry points, TLS or observability', () => {
  const tree = buildRouterTree([node('p', [], { hasService: false }), node('c', ['p'], { forbidden: 'Entrypoints' })])
  expect(tree.errors.get('c')).toEqual(['non-root router cannot have Entrypoints configuration'])
  expect(tree.errors.get('p')).toBeUndefined()
})

test('an edge back into the path is cut, with a warning at its source', () => {
  const tree = buildRouterTree([
    node('p', [], { hasService: false }),
    node('a', ['p', 'b'], { hasService: false }),
    node('b', ['a'], { hasService: false }),
  ])
  expect(tree.warnings.get('b')).toEqual(['cyclic reference detected in router tree: a -> b -> a'])
  expect(tree.parents.get('a')).toEqual(['p'])
})

test('a router has a service or children', () => {
  const tree = buildRouterTree([node('alone', [], { hasService: false }), node('both'), node('c', ['both'])])
  expect(tree.errors.get('alone')).toEqual(['router has no service and no child routers'])
  expect(tree.errors.get('both')).toEqual(['router has both a service and is referenced as a parent by other routers'])
})

test('a ring without a root is not reachable', () => {
  const tree = buildRouterTree([node('a', ['b']), node('b', ['a'])])
  expect(tree.errors.get('a')).toContain('router is not reachable')
})

test('a parent counts once, and one whose edges were all cut has no children', () => {
  const tree = buildRouterTree([
    node('p', [], { hasService: false }),
    node('a', ['p', 'p', 'b'], { hasService: false }),
    node('b', ['a'], { hasService: false }),
  ])
  expect(tree.parents.get('a')).toEqual(['p'])
  expect(tree.reasons.get('b')).toEqual([
    'cyclic reference detected in router tree: a -> b -> a',
    'router has no service and no child routers',
  ])
})
