import { expect, test } from 'vitest'
import { positionOf } from '../../../../src/compiler/decode/position.ts'
import { readManifests } from '../../../../src/compiler/discovery/kubernetes/manifests.ts'

test('places are those of the file, behind other documents and with braces that close further left', () => {
  const text = [
    'apiVersion: v1',
    'kind: Service',
    'metadata: {name: a}',
    '---',
    'apiVersion: v1',
    'kind: Service',
    'metadata: {',
    '  name: b',
    '}',
    'spec: {',
    'type: ClusterIP',
    '}',
  ].join('\n')
  const { manifests, problems } = readManifests(text, 'a.yml')
  expect(problems).toEqual([])
  expect(positionOf(manifests[1]!.tree, ['spec', 'type'])).toEqual({ file: 'a.yml', line: 11, column: 1 })
})
