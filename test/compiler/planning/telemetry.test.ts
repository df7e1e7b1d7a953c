import { expect, test } from 'vitest'
import { planTelemetry } from '../../../src/compiler/planning/telemetry.ts'
import { installOf } from '../../support/install.ts'

const fieldsOf = (fields: object) => planTelemetry(installOf({ accessLog: { fields } }), 'node')!.accessLog!.fields

test('a mode that is none is as if nothing was said of its name', () => {
  const dropping = fieldsOf({ defaultMode: 'drop', names: { ClientHost: 'kep', RouterName: 'keep' } })
  expect(dropping.names).toEqual({ ClientHost: 'drop', RouterName: 'keep' })
  const headers = fieldsOf({ headers: { names: { Authorization: 'readct', Cookie: 'redact' } } }).headers
  expect(headers).toEqual({ defaultMode: 'drop', names: { Authorization: 'drop', Cookie: 'redact' } })
})
