/** Where a worker tells how it stands, to who may know. */
export const STATUS_PATH = '/.well-known/signalbox/status'

/** Request fields, in lower case: what asks for the status, and what asks for the debug header. Servers see neither. */
export const STATUS_FIELD = 'x-signalbox-request'
export const TOKEN_FIELD = 'x-signalbox-token'
