import { describe, expect, test } from 'vitest'
import { rendered } from '../../support/templates.ts'

const many = (text: string, count: number) => text.repeat(count)

describe('no template takes long, or much memory', () => {
  test.each<[string, string, RegExp]>([
    ['calls itself', '{{ define "t" }}{{ template "t" . }}{{ end }}{{ template "t" 1 }}', /maximum template depth/],
    [
      'calls itself within blocks and parentheses',
      `{{ define "t" }}{{ if 1 }}{{ with 1 }}{{ range list 1 }}{{ template "t" ${many('(list ', 100)}1${many(')', 100)} }}{{ end }}{{ end }}{{ end }}{{ end }}{{ template "t" 1 }}`,
      /maximum template depth/,
    ],
    ['nests parentheses', `{{ ${many('(', 5_000)}1${many(')', 5_000)} }}`, /max expression depth exceeded/],
    ['nests blocks', many('{{ if true }}', 5_000) + many('{{ end }}', 5_000), /max expression depth exceeded/],
    ['has a long chain', `{{ if 0 }}${many('{{ else if 0 }}', 5_000)}{{ end }}`, /max expression depth exceeded/],
    ['loops with nothing in it', '{{ range 1000000000 }}{{ end }}', /more than 5000000 steps/],
    [
      'loops in loops',
      '{{ range until 1000 }}{{ range until 1000 }}{{ range until 1000 }}{{ end }}{{ end }}{{ end }}',
      /steps/,
    ],
    ['makes a long list', '{{ until 1000000000 }}', /steps/],
    ['makes a long sequence', '{{ seq 1 1000000000 }}', /steps/],
    ['repeats a text', '{{ repeat 1000000000 "abc" }}', /more than 67108864 characters/],
    [
      'doubles a text',
      '{{ $s := "abcdefgh" }}{{ range until 100 }}{{ $s = printf "%s%s" $s $s }}{{ end }}',
      /steps|characters/,
    ],
    [
      'gives too much',
      '{{ $s := repeat 1000000 "abcdefgh" }}{{ range until 100 }}{{ $s }}{{ end }}',
      /gives more than 67108864 characters/,
    ],
    ['indents', '{{ indent 1000000 (repeat 1000000 "\\n") }}', /characters/],
    ['fills up', '{{ range until 10000 }}{{ $x := printf "%999999d" 1 }}{{ end }}', /steps/],
    ['doubles a list', '{{ $l := list 1 }}{{ range until 100 }}{{ $l = list $l $l }}{{ end }}{{ $l }}', /steps/],
    [
      'compares what is doubled',
      '{{ $l := list 1 }}{{ $m := list 1 }}{{ range until 100 }}{{ $l = list $l $l }}{{ $m = list $m $m }}{{ end }}{{ deepEqual $l $m }}',
      /steps/,
    ],
    ['nests a list', '{{ $l := 1 }}{{ range until 9000 }}{{ $l = list $l }}{{ end }}{{ $l }}', /nests more than 500/],
    [
      'writes that as JSON',
      '{{ $l := 1 }}{{ range until 9000 }}{{ $l = list $l }}{{ end }}{{ toJson $l }}',
      /nests more/,
    ],
    ['reads nested JSON', '{{ fromJson (repeat 100000 "[") }}', /nests more than 500/],
    ['holds itself', '{{ $d := dict }}{{ $_ := set $d "a" $d }}{{ $d }}', /nests more than 500/],
    ['copies what holds itself', '{{ $d := dict }}{{ $_ := set $d "a" $d }}{{ deepCopy $d }}', /nests more than 500/],
    [
      'merges what holds itself',
      '{{ $d := dict }}{{ $_ := set $d "a" $d }}{{ $e := dict }}{{ $_ := set $e "a" $e }}{{ merge $d $e }}',
      /nests more than 500/,
    ],
    ['hashes passwords', '{{ range until 1000 }}{{ $x := bcrypt "x" }}{{ end }}', /steps/],
    ['hashes long texts', '{{ $s := repeat 10000000 "x" }}{{ range 100 }}{{ $x := sha256sum $s }}{{ end }}', /steps/],
    ['quotes long texts', '{{ quote (repeat 10000000 "x") }}', /steps/],
  ])('one that %s is refused', (_name, template, reason) => {
    const started = performance.now()
    expect(rendered(template)).toMatch(reason)
    expect(performance.now() - started).toBeLessThan(15_000)
  })

  test('expressions are linear', () => {
    expect(
      rendered('{{ regexMatch "^(a|a)*$" (repeat 1000000 "a") }} {{ regexMatch "(x+x+)+y" (repeat 5000 "x") }}'),
    ).toBe('true false')
  })

  test('a large file of many actions is nothing special', () => {
    const started = performance.now()
    expect(rendered(many('{{ $x := 1 }}a{{ $x }}', 20_000)).length).toBe(40_000)
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})
