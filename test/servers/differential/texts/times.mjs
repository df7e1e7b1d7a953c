import { several, sometimesMutated } from './mutations.mjs'
import { template } from './templates.mjs'

const PARTS = [
  'January', 'Jan', 'Monday', 'Mon', 'MST', '002', '__2', '01', '1', '02', '2', '_2', '2006', '06', '_2006', '15', '03', '3', '04', '4', '05', '5', 'PM', 'pm', '-0700', '-07:00', '-07', '-07:00:00', '-070000', 'Z07:00', 'Z0700', 'Z07', '.000', '.999', ',000', '.0', '.999999999', '05.00', '05.999', '15h', '_1', 'Janet', 'Mond',
] // biome-ignore format: a table
const BETWEEN = [' ', '-', ':', 'T', '/', ', ', '', '  ', '.', 'x', 'é', '_']
const MOMENTS = [
  '2024-03-05T06:07:08.123456789Z',
  '1969-12-31T23:59:59.5Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T12:00:00Z',
  '2000-02-29T00:30:00Z',
  '2024-12-30T13:59:59Z',
  '2024-06-05T06:07:08+02:00',
  '1900-03-01T11:11:11-11:30',
]
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Nowhere/X', '']
const PIECES = [
  ' ',
  '0',
  '1',
  '9',
  ':',
  '-',
  '+',
  'Z',
  'T',
  '.',
  ',',
  'PM',
  'AM',
  'Jan',
  'UTC',
  'GMT',
  'GMT+3',
  'x',
  'é',
]

/** Go takes signs of fractions for numbers, which nobody writes. */
const REPLACED = PIECES.filter((piece) => !/[-+]/.test(piece))

/** Times that are written by a layout, and read again by the same, or nearly so: all in templates. */
export const time = {
  what: 'template',
  longestMs: () => 100,
  inputOf(random) {
    const parts = several(random, 1, 7, () => random.pick(PARTS) + random.pick(BETWEEN)).join('')
    const layout = sometimesMutated(random, 0.1, parts, PIECES)
    const moment = `(toDate "2006-01-02T15:04:05Z07:00" "${random.pick(MOMENTS)}")`
    const written = `(${random.pick(['date', 'dateInZone'])} $layout ${moment}`
    const text = written.startsWith('(dateInZone') ? `${written} "${random.pick(ZONES)}")` : `${written})`
    const broken = random.chance(0.4) ? ` | replace "${random.pick(PIECES)}" "${random.pick(REPLACED)}"` : ''
    const read = `{{ $text := ${text}${broken} }}{{ $text }}|{{ $time := toDate $layout $text }}{{ $time.Format "2006-01-02T15:04:05.999999999Z07:00" }}|{{ $time.YearDay }}|{{ $time.Weekday }}|{{ $time }}|{{ $time.Unix }}`
    return { labels: null, text: `{{ $layout := ${JSON.stringify(layout)} }}${read}` }
  },
  own: template.own,
  /** Short names of zones are as the runtime knows them. */
  isKnown: ({ text }, _own, { value }) => (/MST/.test(text) && /InZone/.test(text)) || /[.,][-+]/.test(value ?? ''),
}
