import { describe, expect, test } from 'vitest'
import { compileRuleTemplate, type RuleData } from '../../../src/compiler/discovery/default-rule.ts'
import { templatePorts } from '../../support/templates.ts'

const container: RuleData = {
  Name: 'front_end-shop',
  ContainerName: 'shop-front_end-1',
  Labels: { 'com.example.host': 'a.test,b.test', team: 'blue', __proto__: 'x' } as Record<string, string>,
}
const ports = templatePorts({ DOMAIN: 'example.com' })
const rule = (template: string, data = container) => compileRuleTemplate(template, ports).render(data)

describe('default rules', () => {
  test.each([
    ['Host(`{{ normalize .Name }}`)', 'Host(`front-end-shop`)'],
    ['Host(`{{ trimPrefix `/` .Name }}.docker.localhost`)', 'Host(`front_end-shop.docker.localhost`)'],
    ['Host(`{{ .Name }}.{{ index .Labels "team" }}.{{ env "DOMAIN" }}`)', 'Host(`front_end-shop.blue.example.com`)'],
    ['Host(`{{ .Labels.team }}`)', 'Host(`blue`)'],
    ['{{ .ContainerName }}', 'shop-front_end-1'],
    [
      '{{ range $i, $h := splitList "," (index .Labels "com.example.host") }}{{ if $i }} || {{ end }}Host(`{{ $h }}`){{ end }}',
      'Host(`a.test`) || Host(`b.test`)',
    ],
    ['{{ if index .Labels "absent" }}Host(`x`){{ end }}', ''],
    ['{{ .Labels.absent }}|{{ index .Labels "absent" }}|{{ len .Labels }}', '<no value>||2'],
    // Sprig's `split`, unlike in files.
    ['{{ (split "-" .Name)._1 }}', 'shop'],
    ['{{ .Labels.team | default "none" | upper }}', 'BLUE'],
  ])('%s', (template, expected) => {
    expect(rule(template)).toBe(expected)
  })

  test('takes no more time than there is between two requests', () => {
    expect(() => rule('{{ range 1000000 }}{{ end }}')).toThrow('the template takes more than 100000 steps')
    const label = 'x'.repeat(1024 * 1024)
    expect(rule('{{ .Labels.long | trunc 3 }}', { ...container, Labels: { long: label } })).toBe('xxx')
  })

  test('is used for any number of items', () => {
    const template = compileRuleTemplate('{{ $x := .Name }}{{ $x }}', ports)
    expect(['a', 'b'].map((Name) => template.render({ Name, Labels: {} }))).toEqual(['a', 'b'])
  })

  test.each([
    [
      '{{ .Nope }}',
      `template: defaultRule:1:3: executing "defaultRule" at <.Nope>: can't evaluate field Nope in type struct { Name string; ContainerName string; Labels map[string]string }`,
    ],
    [
      '{{ .Name 1 }}',
      'template: defaultRule:1:3: executing "defaultRule" at <.Name>: Name has arguments but cannot be invoked as function',
    ],
    [
      '{{ getHostByName "localhost" }}',
      'template: defaultRule:1:3: executing "defaultRule" at <getHostByName "localhost">: error calling getHostByName: invalid argument to Intn',
    ],
  ])('%s fails where it is rendered', (template, message) => {
    const compiled = compileRuleTemplate(template, ports)
    expect(() => compiled.render(container)).toThrow(new Error(message))
  })

  test('of providers that know no container names there is no such field', () => {
    const { ContainerName: _, ...item } = container
    expect(() => rule('{{ .ContainerName }}', item)).toThrow(
      "can't evaluate field ContainerName in type struct { Name string; Labels map[string]string }",
    )
  })

  test.each([
    ['{{ nope }}', 'template: defaultRule:1: function "nope" not defined'],
    ['Host(`{{ .Name }`)', 'template: defaultRule:1: unexpected "}" in operand'],
  ])('%s is none', (template, message) => {
    expect(() => compileRuleTemplate(template, ports)).toThrow(new Error(message))
  })
})
