package main

import (
	"net/url"
	"path"

	"github.com/traefik/paerser/types"
	"github.com/traefik/traefik/v3/pkg/ip"
)

// Nanoseconds.
func readDuration(text string) (any, error) {
	var duration types.Duration
	if err := duration.Set(text); err != nil {
		return nil, err
	}
	return duration.String(), nil
}

type parts struct {
	Scheme string `json:"scheme"`
	Host   string `json:"host"`
	Name   string `json:"name"`
	Port   string `json:"port"`
	Path   string `json:"path"`
}

// What a server's URL comes to.
func readURL(text string) (any, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		return nil, err
	}
	return parts{parsed.Scheme, parsed.Host, parsed.Hostname(), parsed.Port(), parsed.EscapedPath()}, nil
}

func readPath(text string) (any, error) {
	return path.Clean(text), nil
}

type ranges struct {
	Ranges    []string `json:"ranges"`
	Addresses []string `json:"addresses"`
}

// Which of the addresses are within; null: an address is none.
func readRanges(asked ranges) (any, error) {
	checker, err := ip.NewChecker(asked.Ranges)
	if err != nil {
		return nil, err
	}
	within := []*bool{}
	for _, address := range asked.Addresses {
		is, err := checker.Contains(address)
		if err != nil {
			within = append(within, nil)
			continue
		}
		within = append(within, &is)
	}
	return within, nil
}
