// Package ext is what Traefik's module replaces by a folder of its own that the proxy of modules does not have: what a build
// may add to its configuration.
package ext

// HTTP is what may be added to the HTTP configuration: nothing.
type HTTP struct{}

// Router is what may be added to a router: nothing.
type Router struct{}
