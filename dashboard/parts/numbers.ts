const whole = new Intl.NumberFormat('en')
const short = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

export const count = (value: number): string => whole.format(value)

/** `12.3/s` */
export const perSecond = (value: number): string => `${short.format(value)}/s`

/** `0.4 %` of a share from 0 to 1; what is more than nothing is never nothing. */
export const percent = (share: number): string =>
  share > 0 && share < 0.0005 ? '< 0.1 %' : `${short.format(share * 100)} %`

/** `820 ms`, `1.2 s`. */
export const duration = (ms: number): string => (ms < 1000 ? `${short.format(ms)} ms` : `${short.format(ms / 1000)} s`)

/** `1 router`, `2 routers`. */
export const counted = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? '' : 's'}`
