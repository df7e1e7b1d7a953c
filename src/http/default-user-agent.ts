/** What Go's client says of itself where nothing else is said (Go `net/http`): many servers refuse who says nothing. */
export const DEFAULT_USER_AGENT = 'Go-http-client/1.1'
