/** Of this package; a test holds it against package.json. */
export const VERSION = '0.1.0'
/** Each minor release is named after a signal box. */
export const CODENAME = 'severn-bridge'
/** The release of Traefik whose behaviour this one has. */
export const TRAEFIK_VERSION = '3.7.15'
