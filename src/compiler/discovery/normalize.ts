const APART = /[^\p{L}\p{N}]+/u

/** A name as Traefik makes one of anything: its runs of letters and digits, joined by `-`. */
export const normalize = (text: string): string =>
  text
    .split(APART)
    .filter((run) => run !== '')
    .join('-')
