package main

import (
	"net/url"
	"strconv"

	"github.com/traefik/paerser/types"
	"github.com/traefik/traefik/v3/pkg/ip"
	"github.com/traefik/traefik/v3/pkg/provider/constraints"
	traefiktypes "github.com/traefik/traefik/v3/pkg/types"
)

func readDuration(text string) (any, error) {
	var duration types.Duration
	if err := duration.Set(text); err != nil {
		return nil, err
	}
	return duration.String(), nil
}

func readFlag(text string) (any, error) {
	return strconv.ParseBool(text)
}

type parts struct {
	Scheme string `json:"scheme"`
	Host   string `json:"host"`
	Name   string `json:"name"`
	Port   string `json:"port"`
	Path   string `json:"path"`
}

// What a server's URL comes to.
func readServerURL(text string) (any, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		return nil, err
	}
	return parts{parsed.Scheme, parsed.Host, parsed.Hostname(), parsed.Port(), parsed.EscapedPath()}, nil
}

type reference struct {
	Text       string `json:"text"`
	RequestURI string `json:"requestUri"`
}

// A reference as it is written back.
func readReference(text string) (any, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		return nil, err
	}
	return reference{parsed.String(), parsed.RequestURI()}, nil
}

// The encoded path without dot segments, as requests are sanitized.
func readCleanPath(text string) (any, error) {
	parsed, err := url.ParseRequestURI(text)
	if err != nil {
		return nil, err
	}
	return parsed.JoinPath().EscapedPath(), nil
}

// All values by key; what is wrong is left out.
func readQuery(text string) (any, error) {
	values, _ := url.ParseQuery(text)
	return values, nil
}

type ranges struct {
	Ranges    []string `json:"ranges"`
	Addresses []string `json:"addresses"`
}

// Which of the addresses are within.
func readRanges(asked ranges) (any, error) {
	checker, err := ip.NewChecker(asked.Ranges)
	if err != nil {
		return nil, err
	}
	within := []bool{}
	for _, address := range asked.Addresses {
		is, err := checker.Contains(address)
		within = append(within, err == nil && is)
	}
	return within, nil
}

func readStatuses(texts []string) (any, error) {
	return traefiktypes.NewHTTPCodeRanges(texts)
}

type constraint struct {
	Expression string            `json:"expression"`
	Labels     map[string]string `json:"labels"`
	Tags       []string          `json:"tags"`
}

// Whether something with these labels, or with these tags where there are no labels, is used.
func readConstraint(asked constraint) (any, error) {
	if asked.Labels != nil {
		return constraints.MatchLabels(asked.Labels, asked.Expression)
	}
	return constraints.MatchTags(asked.Tags, asked.Expression)
}
