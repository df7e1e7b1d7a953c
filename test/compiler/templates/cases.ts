/**
 * Templates whose outcome in Traefik is recorded in `outcomes.json` (`node test/compiler/templates/record.mjs`). Their
 * outcomes depend on nothing but the variables below; UTC is the local time.
 */

export const VARIABLES = { SB_HOST: 'shop.example.com', SB_LIST: 'a,b,c', SB_EMPTY: '', SB_PORT: '8080' }

const lines = (text: TemplateStringsArray, ...values: readonly string[]): readonly string[] =>
  String.raw(text, ...values)
    .replaceAll('\\${', '${')
    .split('\n')
    .filter((line) => line !== '')

/** One a line. */
export const CASES = {
  actions: lines`
plain text
{{ "a" }}
{{"a"}}b{{"c"}}
{{- "a" -}}
x {{- "a" }}
{{ "a" -}} x
x {{- "a" -}} y
{{/* a comment */}}x
a {{- /* trimmed */ -}} b
{{ if true }}yes{{ end }}
{{ if false }}yes{{ else }}no{{ end }}
{{ if false }}a{{ else if true }}b{{ else }}c{{ end }}
{{ if "" }}a{{ else if 0 }}b{{ else if nil | default 1 }}c{{ else }}d{{ end }}
{{ if and 1 "a" }}x{{ end }}
{{ if or 0 "" }}x{{ else }}y{{ end }}
{{ with "v" }}[{{ . }}]{{ end }}
{{ with "" }}[{{ . }}]{{ else }}none{{ end }}
{{ with "" }}a{{ else with "b" }}[{{ . }}]{{ else }}c{{ end }}
{{ with $x := 5 }}{{ $x }}-{{ . }}{{ end }}
{{ range list 1 2 3 }}<{{ . }}>{{ end }}
{{ range $e := list "a" "b" }}<{{ $e }}>{{ end }}
{{ range $i, $e := list "a" "b" }}{{ $i }}={{ $e }};{{ end }}
{{ range list }}x{{ else }}empty{{ end }}
{{ range $k, $v := dict "b" 2 "a" 1 }}{{ $k }}={{ $v }};{{ end }}
{{ range dict "b" 2 "a" 1 }}{{ . }};{{ end }}
{{ range 3 }}{{ . }},{{ end }}
{{ range $i := 3 }}{{ $i }},{{ end }}
{{ range 0 }}x{{ else }}none{{ end }}
{{ range -2 }}x{{ else }}none{{ end }}
{{ range $i, $e := 3 }}x{{ end }}
{{ range until 5 }}{{ if eq . 3 }}{{ break }}{{ end }}{{ . }}{{ end }}
{{ range until 5 }}{{ if eq . 3 }}{{ continue }}{{ end }}{{ . }}{{ end }}
{{ range $i, $_ := until 3 }}{{ range until 3 }}{{ if eq . 1 }}{{ break }}{{ end }}{{ $i }}{{ . }} {{ end }}{{ end }}
{{ range "abc" }}x{{ end }}
{{ range 1.5 }}x{{ end }}
{{ range true }}x{{ end }}
{{ range nil }}x{{ end }}
{{ range .x }}x{{ end }}
{{ $x := 1 }}{{ $x }}
{{ $x := 1 }}{{ $x = 2 }}{{ $x }}
{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}
{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}
{{ $s := "" }}{{ range list "a" "b" }}{{ $s = printf "%s%s," $s . }}{{ end }}{{ $s }}
{{ $i := 0 }}{{ range $i = until 3 }}{{ end }}{{ $i }}
{{ $i := 0 }}{{ $e := "" }}{{ range $i, $e = list "a" "b" }}{{ end }}{{ $i }}{{ $e }}
{{ $ }}
{{ . }}
{{ range list 1 }}{{ $ }}{{ end }}
{{ define "t" }}<{{ . }}>{{ end }}{{ template "t" "x" }}{{ template "t" 5 }}
{{ define "t" }}<{{ . }}>{{ end }}{{ template "t" }}
{{ define "t" }}<{{ $ }}>{{ end }}{{ template "t" list 1 2 }}
{{ block "b" "data" }}[{{ . }}]{{ end }}
{{ block "b" 1 }}[{{ . }}]{{ end }}{{ template "b" 2 }}
{{ define "a" }}{{ template "b" . }}!{{ end }}{{ define "b" }}{{ . }}?{{ end }}{{ template "a" "x" }}
{{ define "f" }}{{ if gt . 0 }}{{ . }} {{ template "f" (sub . 1 | int) }}{{ end }}{{ end }}{{ template "f" 5 }}
{{ template "missing" }}
{{ define "t" }}{{ end }}{{ define "t" }}x{{ end }}{{ template "t" }}
{{ "a" | printf "%s-%s" "b" }}
{{ "abc" | upper | quote }}
{{ (list 1 2 3) | first }}
{{ ((1)) }}
{{ (dict "a" (dict "b" "c")).a.b }}
{{ (dict "a" 1).b }}
{{ (dict "a" 1).b.c }}
{{ $d := dict "a" (list 1 2) }}{{ index $d.a 1 }}
{{ $d := dict "a" (dict "b" (dict "c" 7)) }}{{ $d.a.b.c }}
{{ (list 1).a }}
{{ "x".a }}
{{ $x := "x" }}{{ $x.a }}
{{ .a }}
{{ .a.b }}
{{ range list "x" }}{{ .a }}{{ end }}
{{ range list nil }}{{ . }}|{{ end }}
{{ range list nil }}{{ .a }}|{{ end }}
{{ nil }}
{{ nil | quote }}
{{ true }} {{ false }}
{{ 1 }} {{ -1 }} {{ +1 }} {{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 017 }} {{ 1_000 }}
{{ 1.5 }} {{ 1e3 }} {{ .5 }} {{ 1. }} {{ 1e100 }} {{ 0x1p4 }} {{ 1e-7 }} {{ 123456789.0 }} {{ 1000000.0 }}
{{ 'a' }} {{ '\n' }} {{ '\x41' }} {{ '\u00e9' }} {{ 'é' }}
{{ 1i }} {{ 1+2i }} {{ 2i | printf "%v" }}
{{ 9223372036854775807 }}
{{ 9223372036854775808 }}
{{ 99999999999999999999 }}
{{ "a\tb\"c\\d\u00e9\x41\101\U0001F600" }}
{{ ${'`'}raw \n {{ }} ${'`'} }}
{{ "{{" }} and {{ "}}" }}
{{ print "a" 1 2 "b" 3 true false }}
{{ print 1 2 }} {{ print nil }} {{ print }}
{{ println "a" 1 }}
{{ if not true }}a{{ else }}b{{ end }}
{{ not 0 }} {{ not "a" }} {{ not nil }}
{{ and 1 0 2 }} {{ and 1 2 }} {{ or 0 "" "x" }} {{ or 0 "" }}
{{ and true (fail "x") }}
{{ and false (fail "x") }}
{{ or true (fail "x") }}
{{ 1 | and 2 }} {{ 0 | or 5 }} {{ 7 | or 0 }}
{{ $x := 1 -}} a {{- $x }}
{{ if true -}} a {{- else -}} b {{- end }} c
{{ "a" }} {{"b"}}	{{ "c" }}
{{ with $x := "a" }}{{ with $y := "b" }}{{ $x }}{{ $y }}{{ end }}{{ end }}
{{ len (list 1 2 3) }} {{ len "abc" }} {{ len (dict "a" 1) }} {{ len "é" }}
{{ index (list "a" "b") 1 }} {{ index (dict "a" 5) "a" }} {{ index "abc" 1 }}
{{ index (list (list 1 2) (list 3 4)) 1 0 }} {{ index (dict "a" (list 1 2)) "a" 1 }} {{ index (list 1) }}
{{ index (dict "a" 5) "b" }} {{ index (dict "a" 5) "b" | default "none" }}
{{ html "<a href='x'>&\"" }} {{ js "a'b\"c\\<>&=\n é" }} {{ urlquery "a b&c=d/é" }}
{{ html 1 "<" true }} {{ html nil }} {{ urlquery 1 2 }}
{{ call "x" }}
{{ now.Year | kindOf }} {{ (toDate "2006-01-02" "2024-03-05").Year }} {{ (toDate "2006-01-02" "2024-03-05").Month }}
{{ $t := toDate "2006-01-02 15:04:05" "2024-03-05 06:07:08" }}{{ $t.Format "Jan 2, 2006 at 3:04pm (MST)" }} {{ $t.Unix }} {{ $t.Weekday }} {{ $t.YearDay }}
{{ $t := toDate "2006-01-02" "2024-02-28" }}{{ ($t.AddDate 0 0 2).Format "2006-01-02" }} {{ $t.Day }} {{ ($t.Add 3600000000000).Hour }}
{{ $v := semver "v1.2.3-rc.1+b" }}{{ $v.Major }} {{ $v.Minor }} {{ $v.Patch }} {{ $v.Prerelease }} {{ $v.Metadata }} {{ $v.Original }} {{ $v }}
`,
  errors: lines`
{{ foo }}
{{ foo "a" }}
{{
{{ "a
{{ 'a
{{ ${'`'}a
{{ end }}
{{ else }}
{{ if true }}
{{ if }}x{{ end }}
{{ range }}x{{ end }}
{{ with }}x{{ end }}
{{ if true }}x{{ else }}y{{ else }}z{{ end }}
{{ }}
{{ ( }}
{{ (1 }}
{{ ) }}
{{ (1)) }}
{{ () }}
{{ | }}
{{ 1 | }}
{{ | 1 }}
{{ 1 | 2 }}
{{ 1 | "a" }}
{{ 1 | nil }}
{{ 1 2 }}
{{ "a" 1 }}
{{ 1 | printf }}
{{ $x }}
{{ $x = 1 }}
{{ $x := }}
{{ $x := 1 }}{{ $y }}
{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}
{{ $x, $y := 1 }}
{{ $x, }}
{{ range $x, 1 := list }}{{ end }}
{{ range $x, $y, $z := list }}{{ end }}
{{ : }}
{{ := }}
{{ = }}
{{ , }}
{{ @ }}
{{ # }}
{{ € }}
{{ a@b }}
{{ $x@ }}
{{ .a@ }}
{{ 1a }}
{{ 1.2.3 }}
{{ 0x }}
{{ 0b2 }}
{{ 08 }}
{{ "\q" }}
{{ '\q' }}
{{ 'ab' }}
{{ '' }}
{{ .a. }}
{{ . .a }}
{{ true.a }}
{{ nil.a }}
{{ 1.a }}
{{ "a".b }}
{{ break }}
{{ continue }}
{{ if true }}{{ break }}{{ end }}
{{ range list 1 }}{{ break 1 }}{{ end }}
{{ define }}x{{ end }}
{{ define t }}x{{ end }}
{{ define "t" }}x
{{ define "t" "u" }}x{{ end }}
{{ if true }}{{ define "t" }}x{{ end }}{{ end }}
{{ define "t" }}x{{ end }}{{ define "t" }}y{{ end }}
{{ define "t" }}x{{ else }}y{{ end }}
{{ template }}
{{ template t }}
{{ template "t" 1 2 }}
{{ block "t" }}x{{ end }}
{{ block }}x{{ end }}
{{ end 1 }}
{{ else 1 }}
{{ /* a */ }}
{{/* a
{{/* a */ }}
{{- 1 -}
{{ 1 } }
{{ upper }}
{{ upper "a" "b" }}
{{ upper 1 }}
{{ upper nil }}
{{ upper true }}
{{ upper .a }}
{{ upper (list 1) }}
{{ list 1 | upper }}
{{ 1 | upper }}
{{ nil | upper }}
{{ trunc "a" "b" }}
{{ trunc 1.5 "b" }}
{{ trunc (add 1 1) "abc" }}
{{ "a" | trunc }}
{{ get "a" "b" }}
{{ get (list) "b" }}
{{ ternary 1 2 "a" }}
{{ ternary 1 2 nil }}
{{ printf 1 }}
{{ printf }}
{{ round }}
{{ round 1.5 1 2 3 }}
{{ round 1.5 1 "a" }}
{{ eq }}
{{ eq 1 }}
{{ eq 1 "a" }}
{{ eq 1 1.0 }}
{{ eq (list 1) (list 1) }}
{{ eq (list 1) "a" }}
{{ eq (dict "a" 1) (list 1) }}
{{ lt 1 "a" }}
{{ lt true false }}
{{ lt nil 1 }}
{{ lt (list) 1 }}
{{ ne 1 "a" }}
{{ gt "a" 1 }}
{{ len 5 }}
{{ len nil }}
{{ len true }}
{{ index nil 1 }}
{{ index (list 1) 5 }}
{{ index (list 1) -1 }}
{{ index (list 1) "a" }}
{{ index (list 1) nil }}
{{ index (dict "a" 1) 1 }}
{{ index (dict "a" 1) nil }}
{{ index 5 1 }}
{{ index "abc" 3 }}
{{ fail "my reason" }}
{{ if eq 1 2 }}x{{ else }}{{ fail (printf "%d is wrong" 5) }}{{ end }}
{{ div 1 0 }}
{{ mod 5 0 }}
{{ first nil }}
{{ first "abc" }}
{{ last 5 }}
{{ rest true }}
{{ append "a" 1 }}
{{ prepend nil 1 }}
{{ concat (list 1) "a" }}
{{ concat nil }}
{{ reverse "abc" }}
{{ uniq "a" }}
{{ without 5 1 }}
{{ has 1 "abc" }}
{{ slice "abc" 1 2 }}
{{ slice (list 1 2) 0 5 }}
{{ chunk 0 (list 1 2) }}
{{ compact 1 }}
{{ set nil "a" 1 }}
{{ dig "a" }}
{{ dig "a" "b" "c" }}
{{ dig 1 "d" (dict "a" 1) }}
{{ dig "a" "b" "d" (dict "a" 1) }}
{{ repeat -1 "a" }}
{{ substr 2 1 "abc" }}
{{ substr -1 5 "abc" }}
{{ substr 5 -1 "abc" }}
{{ substr -1 -1 "abc" }}
{{ regexFind "[" "a" }}
{{ mustRegexFind "[" "a" }}
{{ regexReplaceAll "(" "a" "b" }}
{{ mustRegexReplaceAll "a**" "a" "b" }}
{{ regexSplit "*" "a" -1 }}
{{ mustRegexMatch "(?P<n" "a" }}
{{ semver "x" }}
{{ semverCompare "^1" "y" }}
{{ semverCompare "zz" "1.0.0" }}
{{ mustFromJson "{" }}
{{ mustFromJson "{a" }}
{{ mustFromJson "[1,]" }}
{{ mustFromJson "[1 2]" }}
{{ mustFromJson "tru" }}
{{ mustFromJson "trux" }}
{{ mustFromJson "1 2" }}
{{ mustFromJson "{\"a\":1,}" }}
{{ mustFromJson "{\"a\" 1}" }}
{{ mustFromJson "\"a" }}
{{ mustFromJson "\"\\q\"" }}
{{ mustFromJson "\"\\u12g\"" }}
{{ mustFromJson "-" }}
{{ mustFromJson "1." }}
{{ mustFromJson "1e" }}
{{ mustFromJson "" }}
{{ mustFromJson "1e999" }}
{{ mustToDate "2006-01-02" "x" }}
{{ mustToDate "2006-01-02" "2024-13-01" }}
{{ mustToDate "2006-01-02" "2024-02-30" }}
{{ mustToDate "2006-01-02" "2024-02-03x" }}
{{ mustToDate "15:04" "25:00" }}
{{ mustDateModify "5" (toDate "2006-01-02" "2024-01-01") }}
{{ mustDateModify "x" (toDate "2006-01-02" "2024-01-01") }}
{{ urlParse "http://[x" }}
{{ urlParse ":a" }}
{{ urlJoin (dict "scheme" 1) }}
{{ randInt 5 5 }}
{{ derivePassword -1 "long" "a" "b" "c" }}
{{ decryptAES "k" "x" }}
{{ call nil }}
{{ call 1 2 }}
{{ now.Foo }}
{{ now.Format 1 }}
{{ now.Format }}
{{ (now).Year 1 }}
{{ $x := dict "a" 1 }}{{ $x.a.b }}
{{ $x := dict "a" 1 }}{{ $x.a 1 }}
{{ addf "a" 1 | upper }}
{{ divf 1 0 }}
{{ range $i, $e := list 1 2 }}{{ if eq $e 2 }}{{ fail "two" }}{{ end }}{{ end }}
{{ define "t" }}{{ fail "inner" }}{{ end }}{{ template "t" }}
{{ "a" | fail | upper }}
{{ printf "%s" (fail "x") }}
{{ toRawJson 1i }}
{{ mustToJson 1i }}
`,
  printf: lines`
{{ printf "%d %5d|%-5d|%05d %+d % d %x %X %o %b %c %U %#x %#o %q" 42 42 42 42 42 42 255 255 8 5 65 65 255 8 65 }}
{{ printf "%s|%10s|%-10s|%.2s|%q|%x|%X|% x|%#q" "abc" "abc" "abc" "abc" "a\"b" "abc" "abc" "abc" "abc" }}
{{ printf "%v %v %v %v %v" 1 "a" true 1.5 nil }}
{{ printf "%f %.2f %8.3f|%-8.2f|%08.2f %+.1f %e %E %g %G" 3.14159 3.14159 3.14159 3.14159 3.14159 3.14159 3.14159 3.14159 3.14159 1e20 }}
{{ printf "%g %g %g %g %.3g %.10g" 1000000.0 123456789.0 1e21 0.00001 123456.0 1e6 }}
{{ printf "%.0f %.0f %.0f %.0f %.1f" 0.5 1.5 2.5 3.5 0.25 }}
{{ printf "%t %t|%5t|" true false true }}
{{ printf "%T %T %T %T %T %T %T" 1 "a" true 1.5 nil (list 1) (dict "a" 1) }}
{{ printf "%v %v" (list 1 "a" nil true) (dict "b" 2 "a" (list 1)) }}
{{ printf "%+v %#v %#v %#v %#v" (dict "a" 1) (list 1 "a" nil) (dict "a" 1.5) "q" 5 }}
{{ printf "%d %s %q" (list 1 2) (list "a" "b") (list "a" "b") }}
{{ printf "%5d|%-3s|" (list 1 2) (list "a" "b") }}
{{ printf "%d %s" "a" 1 }}
{{ printf "%d" }}
{{ printf "%d %d" 1 }}
{{ printf "x" 1 "a" nil }}
{{ printf "%d" 1 2 3 }}
{{ printf "%!" 1 }}
{{ printf "%z" 1 }}
{{ printf "100%" }}
{{ printf "%%" }}
{{ printf "%[2]d %[1]d" 1 2 }}
{{ printf "%[3]d" 1 2 }}
{{ printf "%[1]d %d" 1 2 }}
{{ printf "%[x]d" 1 }}
{{ printf "%*d|%-*d|" 5 42 5 42 }}
{{ printf "%.*f" 2 3.14159 }}
{{ printf "%*d" "a" 1 }}
{{ printf "%6.2f%%" 99.5 }}
{{ printf "%s %d" nil nil }}
{{ printf "%t" 1 }}
{{ printf "%x %X %x" -255 "hello" 3.5 }}
{{ printf "%c%c%c" 72 105 128512 }}
{{ printf "%q %+q %#U %#U" 'x' "é" 'é' 10 }}
{{ printf "%08b %o %O %#b" 5 64 64 5 }}
{{ printf "%v" 1e6 }} {{ 1e5 }} {{ 100000.0 }} {{ 0.1 }} {{ 1e-5 }} {{ 2.0 }}
{{ printf "%s" (toDate "2006-01-02" "2024-03-05") }}
{{ printf "%v" (list (toDate "2006-01-02" "2024-03-05") (semver "1.2.3")) }}
{{ printf "%v %s %d" (toDate "2006-01-02" "2024-03-05").Month (toDate "2006-01-02" "2024-03-05").Weekday (toDate "2006-01-02" "2024-03-05").Month }}
{{ printf "%v %d" (index "abc" 0) (index "abc" 0) }}
{{ printf "%v" (splitList "," "a,b") }} {{ splitList "," "a,b" }} {{ until 3 }} {{ dict "a" (list) }}
{{ printf "%06s|%06v|%-06d|%x" "ab" "cd" 3 true }}
{{ printf "%v %+v" 1i 2.5 }}
{{ printf "%w" 1 }}
{{ printf "%5.1f|%5s|%5v|%5q" 1.25 "é" true "a" }}
{{ printf "%.3d|%.0d|%5.3d|%+.2d" 5 0 5 5 }}
{{ printf "%s" "日本語" }} {{ printf "%.2s" "日本語" }} {{ printf "%5s|" "日本" }}
{{ printf "%.10X|%.2x|%.0x|%.3X|%#x|%#X|%.1x" 1e21 123456789.125 1e3 0.1 2.0 2.0 1.97 }}
{{ printf "%#g|%#v|%#.3g|%#e|%#.0e|%#.0f|%#G|%#x|%#q|%#d" 1e-7 1000.0 2.5 1.5 2.0 3.0 1e21 1.5 1.5 1e100 }}
{{ printf "%#g|%#v|%+#q" 1i (list 1.5) -0.5 }} {{ printf "%#g %#.1f %#g" 0.0 0.0 123456789.0 }}
{{ printf "%w|%+w|%#w" (list 1 2) (dict "a" 1) "x" }} {{ printf "%-5w|%w" "a" nil }}
`,
  comparison: lines`
{{ eq 1 1 }} {{ eq "a" "a" }} {{ eq 1 2 3 1 }} {{ eq 1.5 1.5 }} {{ eq true true }} {{ eq nil nil }}
{{ eq "a" nil }} {{ eq nil 1 }} {{ eq (list) nil }} {{ eq (index "abc" 0) 97 }}
{{ ne 1 2 }} {{ ne "a" "a" }} {{ lt 1 2 }} {{ le 2 2 }} {{ gt "b" "a" }} {{ ge 1.5 1.5 }}
{{ lt "B" "a" }} {{ lt "a" "é" }} {{ lt -1 (index "a" 0) }} {{ ge (index "a" 0) 98 }}
{{ eq (int64 1) 1 }} {{ eq (int 1) 1 }} {{ lt (add 1 1) 3 }} {{ gt (float64 2) 1.5 }}
{{ eq (env "SB_PORT") "8080" }} {{ eq (env "SB_PORT" | int) 8080 }} {{ eq (atoi "5") 5 }}
{{ eq 1i 1i }} {{ eq (first list) nil }} {{ eq (semver "1.0.0") nil }}
{{ deepEqual (list 1 2) (list 1 2) }} {{ deepEqual (list 1) (list 1.0) }} {{ deepEqual 1 1 }} {{ deepEqual (dict "a" (list 1)) (dict "a" (list 1)) }} {{ deepEqual nil nil }}
{{ deepEqual (list) (rest (list)) }} {{ deepEqual (until 2) (list 0 1) }} {{ deepEqual "a" "b" }}
`,
  flow: lines`
{{ default "x" "" }} {{ default "x" "y" }} {{ default "x" 0 }} {{ default "x" }} {{ default "x" nil }} {{ default "x" false }} {{ default "x" (list) }}
{{ env "SB_HOST" }} {{ env "SB_NONE" }}|{{ env "SB_NONE" | default "d" }} {{ env "SB_EMPTY" | default "e" }}
{{ expandenv "$SB_HOST:\${SB_PORT}" }} {{ expandenv "a$" }} {{ expandenv "\${}x" }} {{ expandenv "$SB_NONE|" }} {{ expandenv "\${SB_HOST" }} {{ expandenv "$$x" }} {{ expandenv "\${SB_LIST}" }} {{ expandenv "$-" }}
{{ empty "" }} {{ empty "a" }} {{ empty 0 }} {{ empty nil }} {{ empty (list) }} {{ empty (dict) }} {{ empty false }} {{ empty now }}
{{ coalesce "" 0 "x" "y" }} {{ coalesce 0 }} {{ coalesce }}
{{ all 1 "a" true }} {{ all 1 "" }} {{ all }} {{ any 0 "" 1 }} {{ any }} {{ any 0 }}
{{ ternary "a" "b" true }} {{ false | ternary "a" "b" }} {{ ternary (list 1) nil false }}
{{ typeOf 1 }} {{ typeOf "a" }} {{ typeOf (list) }} {{ typeOf (dict) }} {{ typeOf nil }} {{ typeOf 1.5 }} {{ typeOf (splitList "," "a") }} {{ typeOf (until 1) }} {{ typeOf now }} {{ typeOf (add 1 1) }}
{{ kindOf 1 }} {{ kindOf "a" }} {{ kindOf (list) }} {{ kindOf (dict) }} {{ kindOf nil }} {{ kindOf 1.5 }} {{ kindOf now }} {{ kindOf (semver "1.0.0") }} {{ kindOf true }} {{ kindOf (add 1 1) }}
{{ typeIs "int" 1 }} {{ typeIs "int64" 1 }} {{ kindIs "slice" (list) }} {{ typeIsLike "semver.Version" (semver "1.0.0") }} {{ kindIs "map" (dict) }}
{{ hello }} {{ normalize "a.b_c--d é1" }} {{ normalize "" }} {{ normalize "--x--" }} {{ normalize "½²" }}
`,
  strings: lines`
{{ upper "aéß" }} {{ lower "AÉİ" }} {{ title "hello wORLD foo-bar it's" }} {{ untitle "Hello World" }} {{ swapcase "aBc Éé" }}
{{ trim "  a b \t\n" }}|{{ trimAll "$" "$5.00$" }}|{{ trimall "ab" "abcba" }}|{{ trimPrefix "a" "aab" }}|{{ trimSuffix "b" "abb" }}|{{ trimPrefix "x" "abc" }}
{{ replace " " "-" "I Am Henry" }} {{ replace "" "-" "abc" }} {{ replace "a" "" "banana" }} {{ "a.b.c" | replace "." "_" }}
{{ contains "cat" "catch" }} {{ hasPrefix "cat" "catch" }} {{ hasSuffix "ch" "catch" }} {{ contains "" "a" }}
{{ repeat 3 "ab" }} {{ repeat 0 "ab" }}|{{ substr 0 5 "hello world" }}|{{ substr -1 3 "hello" }}|{{ substr 2 -1 "hello" }}|{{ substr 1 99 "abc" }}
{{ trunc 5 "hello world" }} {{ trunc -5 "hello world" }} {{ trunc 99 "a" }} {{ trunc -99 "a" }} {{ trunc 0 "a" }}
{{ abbrev 5 "hello world" }} {{ abbrev 3 "hello" }} {{ abbrev 20 "hello" }} {{ abbrevboth 5 10 "1234 5678 9123" }} {{ abbrevboth 0 6 "hello world" }} {{ abbrevboth 8 7 "hello wonderful world" }} {{ abbrevboth 30 9 "hello wonderful world" }}
{{ nospace " a b  c " }} {{ initials "First Try" }} {{ initials "a  b c" }} {{ initials "" }}
{{ quote "a" "b\"c" 5 nil }} {{ squote "a" 5 }} {{ quote }} {{ quote nil }} {{ quote "é\n\x00\u200b" }} {{ quote (list 1 "a") }}
{{ cat "a" 1 nil true }} {{ cat }} {{ indent 4 "a\nb" }} {{ nindent 2 "a\nb" }} {{ indent 0 "x" }}
{{ plural "one" "many" 1 }} {{ plural "one" "many" 2 }} {{ plural "one" "many" (len (list 1)) }}
{{ toString 1 }} {{ toString 1.5 }} {{ toString true }} {{ toString nil }} {{ toString (list 1 2) }} {{ toString (semver "1.2.3") }}
{{ snakecase "FirstName" }} {{ snakecase "HTTPServer" }} {{ snakecase "first-name lastName" }} {{ snakecase "a1B2" }} {{ snakecase "URLParser2Test" }} {{ snakecase "" }} {{ snakecase "__a" }}
{{ camelcase "http_server" }} {{ camelcase "_camel_case" }} {{ camelcase "no-case here" }} {{ camelcase "HTTPServer" }} {{ camelcase "A" }} {{ camelcase "" }} {{ camelcase "a__b" }} {{ camelcase "FOO_BAR" }}
{{ kebabcase "FirstName" }} {{ kebabcase "HTTPServer v2" }} {{ kebabcase "a.b_C" }} {{ kebabcase "ABC123def" }} {{ kebabcase "1a2b" }} {{ kebabcase "x é Ü" }}
{{ wrap 5 "hello beautiful world" }} {{ wrapWith 5 "|" "hello beautiful world" }} {{ wrap 80 "short" }} {{ wrapWith 3 "" "abcdefgh" }} {{ wrap 0 "a b c" }}
{{ split "a,b,c" "," }} {{ (split "a,b" ",") | len }} {{ index (split "a,b,c" ",") 1 }} {{ split "abc" "" }} {{ range split "x y" " " }}<{{ . }}>{{ end }}
{{ splitList "," "a,b,c" }} {{ splitList "" "abc" }} {{ splitn "," 2 "a,b,c" }} {{ (splitn "," 2 "a,b,c")._1 }} {{ splitn "," -1 "a,b" }} {{ splitn "," 0 "a" }}
{{ join "-" (list "a" 1 nil true) }} {{ join "," "a" }} {{ join "," nil }} {{ join "," (until 3) }} {{ env "SB_LIST" | splitList "," | join "|" }}
{{ sortAlpha (list "c" "a" "B") }} {{ sortAlpha "x" }} {{ sortAlpha (list 3 10 2) }} {{ toStrings (list 1 "a" nil) }} {{ toStrings 5 }}
{{ regexMatch "^a+$" "aaa" }} {{ regexMatch "[" "a" }} {{ regexFind "[0-9]+" "a12b34" }} {{ regexFind "x" "abc" }}|{{ regexFindAll "[0-9]" "a1b2c3" -1 }} {{ regexFindAll "[0-9]" "a1b2c3" 2 }} {{ regexFindAll "x" "a" -1 }} {{ regexFindAll "a*" "baab" -1 | len }}
{{ regexReplaceAll "a(x*)b" "-ab-axxb-" "\${1}W" }} {{ regexReplaceAll "a(x*)b" "-ab-axxb-" "$1W" }} {{ regexReplaceAllLiteral "a(x*)b" "-ab-axxb-" "\${1}" }} {{ regexReplaceAll "" "abc" "-" }} {{ regexReplaceAll "(?i)A" "aA" "x" }}
{{ regexSplit "z+" "pizza" -1 }} {{ regexSplit "z" "pizza" 2 }} {{ regexSplit "" "abc" -1 }} {{ regexSplit "," "" -1 }} {{ regexSplit "," "a,b" 0 }} {{ regexQuoteMeta "1.2.3+[a]" }}
{{ mustRegexMatch "a" "b" }} {{ mustRegexFindAll "a." "abac" -1 }} {{ mustRegexSplit "," "a,b" -1 }} {{ mustRegexReplaceAllLiteral "a" "aba" "$" }}
{{ regexFind "\\w+@\\w+\\.com" "mail me@example.com now" }} {{ regexReplaceAll "(?P<n>\\d+)" "a1b22" "<\${n}>" }} {{ regexMatch "^(a|b)*c$" "ababc" }}
{{ len (randAlphaNum 10) }} {{ len (randAlpha 5) }} {{ len (randNumeric 5) }} {{ len (randAscii 7) }} {{ randAlphaNum 0 }}|{{ regexMatch "^[0-9]{5}$" (randNumeric 5) }} {{ len (shuffle "abcd") }} {{ len uuidv4 }} {{ len (randBytes 3) }}
{{ "é" | upper }} {{ len (trunc 1 "é") }} {{ b64enc (trunc 1 "é") }} {{ b64enc (substr 1 2 "é") }} {{ quote (trunc 1 "é") }} {{ printf "%q" (trunc 2 "日本") }} {{ b64enc "\xff\xfe" }}
{{ title "ǆ ǉa ა ᾀ" }} {{ upper "ᾀᾳῃῳǆა" }} {{ swapcase "ǆǆ x ᾈ ǅ" }} {{ camelcase "_" }} {{ camelcase "- " }}|{{ camelcase "\t" }}|
`,
  lists: lines`
{{ list 1 "a" }} {{ list }} {{ tuple 1 2 }} {{ first (list 1 2) }} {{ last (list 1 2) }} {{ rest (list 1 2 3) }} {{ initial (list 1 2 3) }} {{ rest (list) }} {{ first (list) }}
{{ append (list 1) 2 }} {{ push (list 1) 2 }} {{ prepend (list 1) 0 }} {{ concat (list 1) (list 2 3) }} {{ concat }} {{ concat (list) }} {{ reverse (list 1 2 3) }}
{{ uniq (list 1 1 2 "1" 1.0) }} {{ without (list 1 2 3) 1 3 }} {{ has 2 (list 1 2) }} {{ has "2" (list 1 2) }} {{ has 1 nil }} {{ compact (list 0 1 "" "a" nil false) }}
{{ slice (list 1 2 3) }} {{ slice (list 1 2 3) 1 }} {{ slice (list 1 2 3) 1 2 }} {{ slice (list) }} {{ mustSlice (list 1 2) 1 }}
{{ chunk 2 (list 1 2 3) }} {{ chunk 3 (list 1 2 3) }} {{ chunk 5 (list 1) }} {{ chunk 2 (list) }} {{ chunk 2 (until 5) | toJson }}
{{ first (splitList "," "a,b") }} {{ append (splitList "," "a,b") "c" }} {{ reverse (until 3) }} {{ concat (until 2) (list "a") }} {{ uniq (splitList "," "a,a,b") }}
{{ mustFirst (list 1) }} {{ mustLast (list 1) }} {{ mustRest (list 1 2) }} {{ mustInitial (list 1 2) }} {{ mustAppend (list) 1 }} {{ mustPush (list) 1 }} {{ mustPrepend (list) 1 }} {{ mustReverse (list 1 2) }} {{ mustUniq (list 1 1) }} {{ mustWithout (list 1 2) 1 }} {{ mustHas 1 (list 1) }} {{ mustCompact (list 0 1) }} {{ mustChunk 1 (list 1 2) }}
{{ until 5 }} {{ until 0 }} {{ until -3 }} {{ untilStep 3 6 2 }} {{ untilStep 6 3 -1 }} {{ untilStep 3 6 -1 }} {{ untilStep 0 0 0 }} {{ untilStep 5 0 1 }}
{{ seq 5 }} {{ seq -3 }} {{ seq 0 2 }} {{ seq 2 -2 }} {{ seq 0 2 10 }} {{ seq 0 -2 -5 }} {{ seq 0 2 -5 }} {{ seq }} {{ seq 1 2 3 4 }} {{ seq 5 1 }} {{ seq 1 }} {{ seq 0 }}
{{ range $i := until 3 }}{{ $i }}{{ end }} {{ range (seq 1 3 | splitList " ") }}<{{ . }}>{{ end }}
{{ range chunk 2 (list 1 2 3) }}{{ . }}{{ len . }};{{ end }} {{ index (chunk 2 (list 1 2 3)) 1 }}
{{ $l := list }}{{ range until 3 }}{{ $l = append $l (mul . 2) }}{{ end }}{{ $l }}
`,
  dicts: lines`
{{ dict "a" 1 "b" "x" }} {{ dict }} {{ dict "a" }} {{ dict 1 2 }} {{ dict "b" 1 "a" 2 "c" nil }}
{{ get (dict "a" 1) "a" }} {{ get (dict "a" 1) "b" }}|{{ hasKey (dict "a" 1) "a" }} {{ hasKey (dict "a" 1) "b" }} {{ get (dict "a" nil) "a" }}
{{ $d := dict "a" 1 }}{{ $_ := set $d "b" 2 }}{{ $d }} {{ $_ := unset $d "a" }}{{ $d }} {{ set $d "c" 3 | len }}
{{ keys (dict "a" 1) }} {{ keys (dict "b" 1 "a" 2) | sortAlpha }} {{ values (dict "a" 1) }} {{ keys (dict "a" 1) (dict "b" 2) }} {{ keys }}
{{ pluck "a" (dict "a" 1) (dict "b" 2) (dict "a" 3) }} {{ pick (dict "a" 1 "b" 2) "a" "c" }} {{ omit (dict "a" 1 "b" 2) "a" }}
{{ merge (dict "a" 1) (dict "a" 2 "b" 3) }} {{ mergeOverwrite (dict "a" 1) (dict "a" 2 "b" 3) }} {{ merge (dict "a" 0) (dict "a" 2) }} {{ mergeOverwrite (dict "a" 1) (dict "a" 0) }}
{{ merge (dict "a" (dict "x" 1)) (dict "a" (dict "x" 2 "y" 3)) }} {{ mergeOverwrite (dict "a" (dict "x" 1)) (dict "a" (dict "x" 2 "y" 3)) }} {{ merge (dict "a" "s") (dict "a" (dict "x" 1)) }} {{ mergeOverwrite (dict "a" "s") (dict "a" (dict "x" 1)) }}
{{ merge (dict "a" (list 1)) (dict "a" (list 2) "b" (list 3)) }} {{ mergeOverwrite (dict "a" (list 1)) (dict "a" (list 2)) }} {{ merge (dict "a" nil) (dict "a" 1 "b" nil) }} {{ mergeOverwrite (dict "a" 1) (dict "a" nil) }} {{ merge (dict) (dict "a" (list)) }}
{{ mustMerge (dict "a" 1) (dict "b" 2) (dict "b" 3) }} {{ mustMergeOverwrite (dict "a" 1) (dict "b" 2) (dict "b" 3) }} {{ merge (dict "a" 1) }}
{{ dig "a" "b" "def" (dict "a" (dict "b" "found")) }} {{ dig "a" "c" "def" (dict "a" (dict "b" 1)) }} {{ dig "x" "y" "def" (dict) }} {{ dig "a" "def" (dict "a" nil) }}
{{ $a := dict "x" (list 1) }}{{ $b := deepCopy $a }}{{ $_ := set $b "x" 2 }}{{ $a }} {{ $b }} {{ deepCopy (list 1 (dict "a" 2)) }} {{ mustDeepCopy 5 }}
{{ $d := dict "list" (list (dict "n" "a" "p" 1) (dict "n" "b" "p" 2)) }}{{ range $d.list }}{{ .n }}:{{ .p }} {{ end }}{{ range $i, $e := $d.list }}{{ $e.n }}{{ $.x }}{{ end }}
{{ range $k, $v := dict "z" 1 "a" (dict "q" 2) }}{{ $k }}={{ if kindIs "map" $v }}{{ $v.q }}{{ else }}{{ $v }}{{ end }} {{ end }}
{{ toJson (dict "b" (list 1 2.5 "x" nil true) "a" (dict)) }} {{ toJson "<a&b>" }} {{ toRawJson "<a&b>" }} {{ toJson nil }} {{ toJson (rest (list)) }} {{ toJson 1e21 }} {{ toJson 1e-7 }} {{ toJson 100000000.0 }} {{ toJson "\u2028\x01é\"\\" }}
{{ toPrettyJson (dict "a" (list 1 (dict)) "b" (list)) }} {{ toPrettyJson 1 }} {{ mustToJson (list 1) }} {{ mustToRawJson "<" }} {{ mustToPrettyJson (list 1) }}
{{ fromJson "{\"a\":[1,2.5,\"x\",null,true]}" }} {{ (fromJson "{\"a\":{\"b\":5}}").a.b }} {{ fromJson "x" }} {{ fromJson "5" }} {{ fromJson "\"a\\u00e9\\n\"" }} {{ fromJson "[]" }} {{ kindOf (fromJson "1") }} {{ mustFromJson "[1]" }} {{ fromJson "1e3" }} {{ fromJson "12345678901234567890" }}
{{ toJson (toDate "2006-01-02" "2024-03-05") }} {{ toJson (semver "1.2.3-a") }} {{ toJson (dict "k<" "v>") }} {{ toJson 1i }}| {{ toJson (until 3) }} {{ toJson (splitList "," "a,b") }} {{ toJson (trunc 1 "é") }}
{{ deepCopy (semver "1.2.3-b+c") }} {{ deepCopy (list (semver "1.2.3")) }} {{ deepCopy (toDate "2006-01-02" "2024-03-05") }}
`,
  numbers: lines`
{{ add 1 2 3 }} {{ add }} {{ add "5" 1.9 true nil }} {{ add1 5 }} {{ sub 5 3 }} {{ mul 2 3 4 }} {{ mul 5 }} {{ div 7 2 }} {{ div -7 2 }} {{ mod 7 3 }} {{ mod -7 3 }}
{{ add 9223372036854775807 1 }} {{ mul 9223372036854775807 2 }} {{ sub -9223372036854775808 1 }} {{ div -9223372036854775808 -1 }}
{{ max 1 5 3 }} {{ min 4 2 8 }} {{ biggest 1 2 }} {{ maxf 1.5 2 }} {{ minf 1.5 "0.5" }} {{ max 1 }} {{ max "7" 3.9 }} {{ min -1 1 }}
{{ addf 0.1 0.2 }} {{ addf 1 2.5 "3" }} {{ subf 1.5 0.1 }} {{ mulf 1.1 1.1 }} {{ divf 1 3 }} {{ divf 10 4 2 }} {{ add1f 1.5 }} {{ addf }} {{ divf 2 3 }} {{ mulf 1e10 1e15 }}
{{ floor 1.9 }} {{ ceil 1.1 }} {{ floor -1.5 }} {{ round 1.555 2 }} {{ round 123.5555 3 }} {{ round 2.5 0 }} {{ round -2.5 0 }} {{ round "1.25" 1 }} {{ round 1.25 1 0.6 }} {{ floor "3.7" }} {{ ceil true }} {{ round 1234.5 -2 }}
{{ int "5" }} {{ int 5.9 }} {{ int "x" }} {{ int true }} {{ int nil }} {{ int "0x1f" }} {{ int "010" }} {{ int "1.00" }} {{ int "1.5" }} {{ int64 "7" }} {{ int " 5" }} {{ int -5.9 }} {{ int 1e30 }} {{ int (list) }}
{{ float64 "1.5" }} {{ float64 3 }} {{ float64 "x" }} {{ float64 true }} {{ atoi "42" }} {{ atoi "x" }} {{ atoi "0x5" }} {{ atoi "-7" }} {{ atoi "99999999999999999999" }} {{ toDecimal "777" }} {{ toDecimal 10 }} {{ toDecimal "9" }} {{ float64 "1e3" }} {{ float64 "inf" }} {{ float64 "1_000" }}
{{ int "-0" }} {{ int "+5" }} {{ int "1_000" }} {{ int "0b11" }} {{ int "0o17" }} {{ int "08" }} {{ int "9223372036854775808" }} {{ int (index "a" 0) }} {{ int "1.0" }} {{ int ".0" }} {{ int "" }} {{ float64 ".5" }} {{ float64 "0x1p-2" }} {{ float64 "-" }}
{{ add (int "5") (len "abc") }} {{ printf "%T %T %T %T" (add 1 2) (int 1) (float64 1) (floor 1) }} {{ kindOf (max 1 2) }} {{ kindOf (maxf 1 2) }}
{{ randInt 5 6 }} {{ lt (randInt 0 10) 10 }} {{ add .a 1 }}
{{ 1 | add 2 | mul 3 }} {{ 10 | sub 3 }} {{ 10 | div 3 }} {{ "3" | int | add 1 }}
{{ addf 1e308 1e308 }} {{ mulf 0 -1 }} {{ divf -1 3 }} {{ subf 0.3 0.1 0.2 }} {{ float64 "NaN" }} {{ floor (float64 "-Inf") }}
`,
  encoding: lines`
{{ b64enc "hello" }} {{ b64dec "aGVsbG8=" }} {{ b64dec "x" }} {{ b64dec "aGVsbG8" }} {{ b64dec "aGVs*G8=" }} {{ b64dec "aGVsbG8=x" }} {{ b64dec "aG\nVsbG8=" }} {{ b64enc "" }}|{{ b64enc "é" }} {{ b64dec "YQ==" }} {{ b64dec "YQ=" }} {{ b64dec "Y===" }} {{ b64dec "YQ=x" }}
{{ b32enc "hello" }} {{ b32dec "NBSWY3DP" }} {{ b32dec "x" }} {{ b32enc "a" }} {{ b32dec "ME======" }} {{ b32dec "ME" }} {{ b32dec "ME==x===" }} {{ b32dec "M=======" }} {{ b32dec "NBSWY3DPx" }}
{{ sha1sum "hello" }} {{ sha256sum "hello" }} {{ adler32sum "hello" }} {{ sha256sum "" }} {{ sha1sum "é" }} {{ adler32sum "" }}
{{ htpasswd "a:b" "c" }} {{ hasPrefix "user:$2a$10$" (htpasswd "user" "pass") }} {{ hasPrefix "$2a$10$" (bcrypt "x") }} {{ len (bcrypt "x") }} {{ bcrypt (repeat 73 "a") }}
{{ derivePassword 1 "long" "password" "user" "example.com" }} {{ derivePassword 2 "pin" "password" "user" "example.com" }} {{ derivePassword 1 "x" "p" "u" "s" }}
{{ decryptAES "secret" (encryptAES "secret" "plain text") }} {{ encryptAES "k" "" }}|{{ decryptAES "k" "" }}|{{ len (encryptAES "k" "0123456789abcdef") }}
{{ hasPrefix "-----BEGIN EC PRIVATE KEY-----" (genPrivateKey "ecdsa") }} {{ hasPrefix "-----BEGIN PRIVATE KEY-----" (genPrivateKey "ed25519") }} {{ genPrivateKey "x" }}
{{ regexMatch "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$" uuidv4 }}
{{ urlParse "http://admin:secret@server.com:8080/api?list=false#anchor" }} {{ urlParse "/a b?x" }} {{ urlParse "mailto:a@b" }} {{ (urlParse "https://[::1]:80/x%20y").path }} {{ (urlParse "HTTP://Ex.com").scheme }} {{ (urlParse "http://h:1").hostname }}
{{ urlJoin (dict "scheme" "http" "host" "host:80" "path" "/path" "query" "query" "opaque" "opaque" "fragment" "fragment") }} {{ urlJoin (dict "scheme" "http" "host" "h" "path" "a b" "userinfo" "u:p" "query" "q=1" "fragment" "f g") }} {{ urlJoin (dict "path" "a:b") }} {{ urlJoin (dict "scheme" "x" "path" "/p!") }} {{ urlJoin (dict) }}|{{ urlJoin (urlParse "https://u@h/x?y#z") }}
{{ base "/a/b.c" }} {{ dir "/a/b.c" }} {{ clean "/a/../b/./c//" }} {{ ext "/a/b.tar.gz" }} {{ isAbs "/a" }} {{ isAbs "a" }} {{ base "" }} {{ base "/" }} {{ base "a/" }} {{ dir "a" }} {{ dir "/" }} {{ clean "" }} {{ clean "../../a" }} {{ clean "/.." }} {{ ext "a.b/c" }} {{ osBase "/x/y" }} {{ osDir "/x/y" }} {{ osClean "x/.." }} {{ osExt "x.y" }} {{ osIsAbs "/x" }}
{{ fromJson "[1,-2.5e3,1e400]" }} {{ fromJson "{\"a\":-1e999,\"b\":2}" }}
{{ mustFromJson "[1e400,2e400]" }}
`,
  versions: lines`
{{ semver "1.2.3" }} {{ semver "v1.2" }} {{ semver "1" }} {{ (semver "1.2.3-beta+x").Prerelease }} {{ (semver "1.2.3").Compare (semver "1.2.4") }} {{ (semver "v1.2.3").IncMajor }} {{ ((semver "1.2.3").IncMinor).Original }} {{ (semver "1.2.3-a").IncPatch }}
{{ semverCompare "1.2.3" "1.2.3" }} {{ semverCompare "^1.2.0" "1.3.0" }} {{ semverCompare "^1.2.0" "2.0.0" }} {{ semverCompare "~1.2.3" "1.2.9" }} {{ semverCompare "~1.2.3" "1.3.0" }} {{ semverCompare ">=1.0, <2" "1.5.0" }} {{ semverCompare ">1.0 || <0.5" "0.4.0" }}
{{ semverCompare "1.x" "1.9.9" }} {{ semverCompare "*" "3.0.0" }} {{ semverCompare "1.2 - 1.4" "1.3.5" }} {{ semverCompare "!=1.2.3" "1.2.3" }} {{ semverCompare "!=1.2.x" "1.2.9" }} {{ semverCompare ">1.2" "1.2.9" }} {{ semverCompare "<=1.2" "1.2.9" }} {{ semverCompare "=>1" "1.0.0" }}
{{ semverCompare "^1" "1.0.0-rc1" }} {{ semverCompare "^1.0.0-0" "1.0.0-rc1" }} {{ semverCompare ">=1.2.3-alpha" "1.2.3-beta" }} {{ semverCompare "^0.2.3" "0.2.9" }} {{ semverCompare "^0.2.3" "0.3.0" }} {{ semverCompare "^0.0.3" "0.0.4" }} {{ semverCompare "^0" "0.5.0" }} {{ semverCompare "~0.0.0" "9.0.0" }} {{ semverCompare "~1" "1.9.0" }}
{{ gt ((semver "1.10.0").Compare (semver "1.9.0")) 0 }} {{ (semver "1.0.0-2").LessThan (semver "1.0.0-10") }} {{ (semver "1.0.0").GreaterThan (semver "1.0.0-x") }} {{ (semver "1.0.0-a.b").Equal (semver "1.0.0-a.b+c") }}
`,
  dates: lines`
{{ date "2006-01-02" 0 }} {{ date "2006-01-02T15:04:05Z07:00" 1700000000 }} {{ htmlDate 1700000000 }} {{ dateInZone "15:04 MST -0700" 1700000000 "Europe/Berlin" }} {{ dateInZone "15:04" 1700000000 "Nowhere/X" }} {{ htmlDateInZone 1700000000 "Asia/Tokyo" }} {{ date_in_zone "2006" 0 "UTC" }}
{{ date "Mon Jan _2 15:04:05.000 2006" (toDate "2006-01-02 15:04:05" "2024-03-05 06:07:08") }} {{ date "Monday, 02-Jan-06 3:4:5 PM pm 002 __2" (toDate "2006-01-02" "2024-12-31") }} {{ date "Janet Monster 1.2.3" 0 }} {{ date "05.999 .000 ,00" 0 }} {{ date "Z0700 Z07:00 -07 -07:00:00 Z070000" 0 }}
{{ toDate "2006-01-02" "2024-03-05" }} {{ toDate "2006-01-02" "x" }} {{ toDate "2006-01-02T15:04:05Z07:00" "2024-03-05T06:07:08+02:00" | date "15:04" }} {{ (toDate "Jan 2, 2006 at 3:04pm (MST)" "Feb 3, 2013 at 7:54pm (UTC)").Unix }} {{ unixEpoch (toDate "2006-01-02" "2024-03-05") }} {{ mustToDate "02.01.2006" "05.03.2024" }}
{{ dateModify "-1.5h" (toDate "2006-01-02" "2024-03-05") }} {{ date_modify "24h" (toDate "2006-01-02" "2024-02-28") | date "2006-01-02" }} {{ dateModify "x" (toDate "2006-01-02" "2024-03-05") }} {{ mustDateModify "1h" (toDate "2006-01-02" "2024-03-05") }} {{ must_date_modify "90s" (toDate "2006-01-02" "2024-03-05") }}
{{ duration "95" }} {{ duration 95 }} {{ duration (int64 3661) }} {{ duration "x" }} {{ durationRound "2h10m5s" }} {{ durationRound "400h" }} {{ durationRound "x" }} {{ durationRound (int64 65000000000) }} {{ durationRound "8760h1s" }} {{ durationRound "721h" }} {{ durationRound "90s" }} {{ durationRound "-5m" }}
{{ dateInZone "2006-01-02 15:04:05 MST" (toDate "2006-01-02" "2024-07-01") "America/New_York" }} {{ dateInZone "MST -07:00" 1700000000 "America/Sao_Paulo" }} {{ dateInZone "MST" 1700000000 "Asia/Kolkata" }} {{ dateInZone "MST" 1700000000 "Australia/Sydney" }} {{ dateInZone "2006" 0 "" }}
{{ $t := toDate "2006-01-02 15:04:05.999" "2024-03-05 06:07:08.5" }}{{ $t }} {{ $t.UnixMilli }} {{ $t.UTC }} {{ ($t.Sub (toDate "2006-01-02" "2024-03-05")) }} {{ ($t.Sub (toDate "2006-01-02" "2024-03-05")).Hours }} {{ $t.After (toDate "2006-01-02" "2024-03-05") }} {{ $t.IsZero }} {{ $t.Nanosecond }}
{{ toDate "2006-002" "2024-060" }} {{ toDate "06-1-2" "24-3-5" }} {{ toDate "2006-01-02 15:04:05" "2024-03-05 06:07:08.25" }} {{ toDate "3:04 PM" "12:30 AM" }} {{ toDate "Mon, 02 Jan 2006 15:04:05 -0700" "Tue, 05 Mar 2024 06:07:08 +0100" }} {{ toDate "2006 Jan  2" "2024 MARCH 5" }}
{{ htmlDate 9223372036854775807 }} {{ htmlDate -9223372036854775807 }} {{ date "Mon Jan _2 15:04:05 2006 __2" -9223372036854775808 }} {{ date "2006-01-02 Monday 002" 253402300800 }}
{{ $t := toDate "2006-01-02" "2024-03-05" }}{{ $z := toDate "x" "y" }}{{ $z.Sub $t }} {{ $t.Sub $z }} {{ ($t.AddDate 300000 0 0).Year }} {{ ($t.AddDate 0 -14 400).Format "2006-01-02" }} {{ ($t.AddDate -3000 0 0).Format "2006-01-02 Mon" }}
{{ $t := toDate "2006-01-02 15:04:05.999" "1969-12-31 23:59:59.9985" }}{{ $t.UnixMilli }} {{ $t.UnixMicro }} {{ $t.Unix }} {{ $t.YearDay }}
{{ dateInZone "2006-01-02 -0700" 9223372036854775807 "Europe/Berlin" }}
{{ toDate "05.0001" "08.0005" }} {{ toDate "05.999-1" "08.25-3" }} {{ toDate "05-.000" "08-.250" }} {{ toDate "5 .9" "8 .25" }} {{ toDate "04:05.99915" "03:08.99906" }}
{{ toDate "15:04 MST" "12:00 CET" }} {{ toDate "15:04 MST" "12:00 GMT+3" }} {{ (toDate "15:04 MST" "12:00 GMT+3").Unix }} {{ toDate "15:04 MST" "12:00 +03" }} {{ toDate "15:04 MST" "12:00 ChST" }} {{ toDate "MST" "WITA" }} {{ toDate "MST" "ABCD" }} {{ toDate "MST" "ABCDT" }} {{ toDate "MST" "ABCDE" }} {{ toDate "MST" "ABCDET" }} {{ toDate "MST" "GMT+99" }} {{ toDate "-0700 MST" "+0100 CET" }} {{ toDate "-0700" "+0000" }} {{ toDate "-0700 MST" "+0000 XYZ" }}
{{ toDate "PM 15" "AM 16" }} {{ toDate "PM 15" "PM 16" }} {{ toDate "PM 3 pm" "PM 4 am" }} {{ toDate "PM 3" "AM 12" }}
{{ toDate "-07:00:00" "+05:29:60" }} {{ toDate "-07:00:00" "+05:29:61" }} {{ toDate "-07:00" "+24:60" }} {{ toDate "-07:00" "+25:00" }}
`,
}
