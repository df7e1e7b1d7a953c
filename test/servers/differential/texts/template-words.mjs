/**
 * Functions of templates, each with the kinds of what it takes (`KINDS`); behind a `*` there may be any number of the last one. Those
 * that give something else each time, or make keys, are not here.
 */
export const FUNCTIONS = `
and:a* or:a* not:a eq:aa eq:nn lt:nn le:ss gt:nn ge:nn len:c len:s index:ln index:ds index:ss slice:lnn slice:snn
print:a* println:a* html:a* js:a* urlquery:a* trim:s trimAll:ss trimall:ss trimPrefix:ss trimSuffix:ss upper:s lower:s
title:s untitle:s repeat:Ns substr:nns trunc:ns abbrev:ns abbrevboth:nns initials:s swapcase:s snakecase:s camelcase:s
kebabcase:s wrap:ns wrapWith:nss contains:ss hasPrefix:ss hasSuffix:ss quote:a* squote:a* cat:a* indent:Ns nindent:Ns
replace:sss nospace:s plural:ssn toString:a split:ss splitList:ss splitn:sns join:sl join:sa sortAlpha:l toStrings:l
normalize:s regexMatch:rs regexFind:rs regexFindAll:rsn regexReplaceAll:rss regexReplaceAllLiteral:rss regexSplit:rsn
regexQuoteMeta:s mustRegexMatch:rs mustRegexFind:rs mustRegexFindAll:rsn mustRegexReplaceAll:rss mustRegexSplit:rsn
add:n* add:a* add1:n sub:nn mul:n* div:nn mod:nn max:n* min:n* biggest:n* addf:a* add1f:a subf:aa mulf:a* divf:aa
maxf:a* minf:a* floor:a ceil:a round:an round:anf int:a int64:a float64:a atoi:s toDecimal:a until:N untilStep:NNN seq:N
seq:NN seq:NNN list:a* tuple:a* first:l last:l rest:l initial:l append:la push:la prepend:la concat:l* reverse:l uniq:l
without:la* has:al compact:l slice:l slice:ln slice:lnn chunk:Nl mustFirst:l mustLast:l mustRest:l mustSlice:lnn
mustAppend:la mustHas:al mustUniq:l mustCompact:l mustWithout:la* mustReverse:l mustInitial:l mustPrepend:la
mustChunk:Nl dict:a* dict:sasa get:ds set:dsa unset:ds hasKey:ds join:sl pick:ds* omit:ds* pluck:sd* merge:dd
mergeOverwrite:dd mustMerge:dd mustMergeOverwrite:dd dig:sad dig:ssad deepCopy:d deepCopy:a mustDeepCopy:l toJson:a
toPrettyJson:a toRawJson:a fromJson:j mustToJson:a mustFromJson:j mustToPrettyJson:a mustToRawJson:a default:aa empty:a
coalesce:a* ternary:aab all:a* any:a* fail:s typeOf:a typeIs:sa typeIsLike:sa kindOf:a kindIs:sa deepEqual:aa env:s
expandenv:s date:st date:sn dateInZone:sts date_in_zone:sts htmlDate:t htmlDateInZone:ts dateModify:st date_modify:st
mustDateModify:st toDate:ss mustToDate:ss unixEpoch:t duration:n duration:s durationRound:s durationRound:n b64enc:s
b64dec:s b32enc:s b32dec:s sha1sum:s sha256sum:s adler32sum:s base:s dir:s clean:s ext:s isAbs:s osBase:s osDir:s
osClean:s osExt:s osIsAbs:s urlParse:u urlJoin:d semver:v semverCompare:vv semverCompare:vv hello: printf:f printf:fa*
printf:faa
`
  .trim()
  .split(/\s+/)
  .map((word) => word.split(':'))

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: texts of templates, not of JavaScript
export const TEXTS = [
  '""', '"a"', '"abc"', '"a,b,c"', '"Hello World"', '"hello wORLD foo-bar"', '"é"', '"日本語 text"', '"😀"', '" a  b "', '"1"', '"12"', '"-7"', '"1.5"',
  '"0x1F"', '"010"', '"1e3"', '"true"', '"FirstName"', '"HTTPServer2v"', '"snake_case_x"', '"a.b-c_d"', '"a\\nb\\n\\nc"', '"\\t"', '"<a href=\'x\'>&\\""',
  '"/a/b/../c//d.tar.gz"', '"a/b/"', '"."', '".."', '"/"', '"http://user:pw@host.example:8080/p%20q?a=1&b=2#frag"', '"//h/p"', '"mailto:x@y"', '"http://[::1]:80/"',
  '"2006-01-02"', '"2024-02-29"', '"2006-01-02T15:04:05Z07:00"', '"2024-03-05T06:07:08+02:00"', '"Mon, 02 Jan 2006 15:04:05 MST"', '"1h30m"', '"95"', '"-1.5h"',
  '"America/New_York"', '"Europe/Berlin"', '"UTC"', '"[a-z]+"', '"(a)(b)?"', '"$1-${1}"', '","', '" "', '"a*"', '"("', '"%d"', '"%s-%v"', '"%5.2f|%-8q|%x"', '"%+v %#v %T"',
  '"{\\"a\\":1,\\"b\\":[1,2.5,\\"x\\",null,true],\\"c\\":{\\"d\\":\\"e\\"}}"', '"[1,2,3]"', '"null"', '"{"', '"1.2.3"', '"v1.2.3-rc.1+b5"', '"^1.2"', '">=1.0.0 <2.0.0 || ~3.1"', '"1.x"', '"1"',
  '"string"', '"int"', '"map[string]interface {}"', '"slice"', '"YWJj"', '"YWJ"', '"MFRGG==="', '"SB_HOST"', '"$SB_HOST:${SB_PORT}"', '"scheme"', '"host"', '"\\u00e9\\x41\\101"',
  '`raw "x" \\n`', '"ﬀ ǆ ß İ"', '"don\'t"', '"_a"', '"a=b c&d"', '"\\"q\\""', '"1_000"', '"9223372036854775807"', '"9223372036854775808"', '"NaN"', '"inf"', '"0b11"', '"1h"', '"x"', '"y"',
] // biome-ignore format: a table

export const NUMBERS = [
  '0', '1', '2', '3', '-1', '-2', '5', '7', '10', '42', '100', '255', '1000', '1_000', '0x1F', '017', '0b11', "'a'", "'é'", "'\\n'", '1.5', '-0.5', '2.0', '1e3', '.5', '1e-7', '1e21',
  '123456789.125', '0x1p4', '1i', '9223372036854775807', '-9223372036854775808', '2.675', '1e100', '0.1', '3600', '1709618828',
] // biome-ignore format: a table

export const CONTAINERS = [
  '(list)', '(list 1 2 3)', '(list "a" "b" "a")', '(list "c" 1 nil true 1.5)', '(list (list 1 2) (list 3))', '(dict)', '(dict "a" 1 "b" "x")', '(dict "a" (dict "b" (dict "c" 7)))',
  '(dict "scheme" "http" "host" "h:80" "path" "/p q" "query" "a=b" "fragment" "f" "userinfo" "u:p")', '(splitList "," "a,b,c")', '(until 4)', '(dict "a" nil "z" (list 1))', '(splitn "," 2 "a,b,c")',
  '(fromJson "{\\"a\\":[1,2],\\"b\\":{\\"c\\":null}}")', '(urlParse "https://u@h:1/p?q#f")', '(chunk 2 (until 5))', '(rest (list 1))', '(semver "1.2.3-b+c")',
  '(toDate "2006-01-02 15:04:05" "2024-03-05 06:07:08")', '(toDate "2006-01-02" "2024-12-31")', '(dict "a" 1 "a" 2 "b")', '(list "b" "a" "C" "1")', '(index (list (dict "k" "v")) 0)', '(keys (dict "b" 1 "a" 2) | sortAlpha)', '(values (dict "a" 1))',
] // biome-ignore format: a table

/** Fields and methods of what there may be. */
export const CHAINS = [
  '.a', '.b', '.a.b', '.c', '._0', '._1', '.host', '.Year', '.Month', '.Unix', '.Weekday', '.Major', '.Prerelease', '.x', '.k', '.Hour', '.Day', '.YearDay', '.Original', '.Metadata', '.Minute', '.Second',
] // biome-ignore format: a table

export const PIECES = [
  '{{', '}}', '{{-', '-}}', '(', ')', '|', '"', '`', "'", '$', '.', ':=', '=', ',', ' ', 'end', 'else', 'if', 'range', 'with', 'nil', 'true', '$x', '.a', '{{ end }}', '{{ else }}', '/*', '*/', '{{/* c */}}', '\n', '1', '"a"',
  '{{ break }}', '{{ continue }}', 'define', 'template', 'block', '@', '%', '\\', '-', '+', '0x', '1.', '..', '_', 'é', '{', '}', '{{ else if true }}', '{{ else with 1 }}', '. ', '$ ', '!', '#', '\t',
] // biome-ignore format: a table

/** What functions take, by the letter that `FUNCTIONS` has for it; `a` is anything. */
export const KINDS = {
  a: [...TEXTS, ...NUMBERS, ...CONTAINERS],
  s: TEXTS,
  n: NUMBERS,
  N: ['0', '1', '2', '3', '5', '10', '-1', '(add 1 2 | int)'],
  l: ['(list)', '(list 1 2 3)', '(list "a" "b" "a")', '(list "c" 1 nil true 1.5)', '(list (list 1 2) (list 3))', '(splitList "," "a,b,c")', '(until 4)', '(list 3 10 2 2)', '(list "é" "Z" "a" "")', '(rest (list 1))', '(chunk 2 (until 5))', '(list 0 "" nil false (dict))'],
  d: ['(dict)', '(dict "a" 1 "b" "x")', '(dict "a" (dict "b" (dict "c" 7)))', '(dict "a" nil "z" (list 1))', '(dict "a" "" "b" 0 "c" (dict "d" 1))', '(fromJson "{\\"a\\":[1,2],\\"b\\":{\\"c\\":null}}")', '(urlParse "https://u:p@h:1/p%20q?q=1#f")', '(dict "scheme" "http" "host" "h:80" "path" "/p q" "query" "a=b" "fragment" "f" "userinfo" "u:p")', '(dict "host" "é.test" "path" "x" "opaque" "o")', '(dict "a" (list 1 2) "b" (dict "b" (dict "x" 1)))'],
  t: ['(toDate "2006-01-02 15:04:05" "2024-03-05 06:07:08")', '(toDate "2006-01-02" "2024-12-31")', '(toDate "2006-01-02" "1969-07-20")', '(toDate "2006-01-02T15:04:05Z07:00" "2024-06-05T06:07:08.123456789+02:00")', '(toDate "2006-01-02T15:04:05.000-0700" "0001-06-05T06:07:08.120-1130")', '0', '1709618828', '-1', '(int64 5)'],
  r: ['"[a-z]+"', '"(a)(b)?"', '"a*"', '","', '"("', '"(?i)HELLO"', '"\\\\d+"', '"[^a-z]"', '"^"', '"$"', '"."', '"(?P<n>[a-z])\\\\w*"', '"é|日"', '" "'],
  j: ['"{\\"a\\":1,\\"b\\":[1,2.5,\\"x\\",null,true]}"', '"[1,-2.5e3, 1e400]"', '"null"', '"{"', '" true "', '"\\"\\\\u00e9\\\\ud83d\\\\ude00\\\\ud800\\""', '"1e21"', '"12345678901234567890"', '`{"z":1,"a":{"y":[],"x":{}}}`', '`"<&>\\u2028"`', '`[0.1,1e-7,100000000000000000000,-0]`', '`{"a":1,"a":2}`', '`01`', '`"\\t"`', '`[1,]`', '"\\"\\t\\""', '`{"A":1}`'],
  c: ['"abc"', '"日本"', '(list 1 2)', '(dict "a" 1)', '(until 3)', 'nil', '5', '(splitn "," 3 "a,b,c")'],
  b: ['true', 'false', '(eq 1 1)', '(empty "")'],
  f: ['"%d %s"', '"%v"', '"%5.2f|%-8q"', '"%x"', '"%+v %T"', '"%#v"', '"%08.3f"', '"%t"', '"%c%U"', '"%e %g"', '"%6d|%-6d|%06d"', '"%s"', '"%q"', '"%.3s|%10s"', '"%[2]v %[1]v"', '"%*d"', '"%X %o %b"', '"%%"', '"%!"', '"%z"'],
  v: ['"1.2.3"', '"v1.2.3-rc.1+b5"', '"^1.2"', '">=1.0.0 <2.0.0 || ~3.1"', '"1.x"', '"1"', '"1.2"', '"*"', '"~1.2.3"', '"!=1.2"', '"1.0 - 2.0"', '">1.2.3-alpha"', '"2.0.0"', '"1.2.3-beta.11"', '"=1.2"', '"<=2"', '"01.2.3"', '"1.2.3.4"', '"^0.0.3"', '"^0.2"', '"~0"', '">= 1.1, < 3"', '"=>1"', '""', '"x"', '"1.2.3-01"', '"~>2"'],
  u: ['"http://user:pw@host.example:8080/p%20q?a=1&b=2#frag"', '"//h/p"', '"mailto:x@y"', '"http://[::1]:80/"', '"/a b?c d#e f"', '"http://h:x/"', '"%zz"', '":a"', '"http://h/%2f%zz"', '"HTTP://A.Test"', '"a:b/c"', '"http://u@[fe80::1%25en0]/"', '"?q"', '"#f"', '""', '"http://é.test/é?é#é"', '"http://a b/"', '"http://h?a#b?c#d"', '"*"', '"1:2"', '"http://h/a;b,c"', '"//u:p:q@h"'],
} // biome-ignore format: a table
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above
