package main

import (
	"errors"
	"io"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"github.com/traefik/traefik/v3/pkg/provider"
)

type templated struct {
	Text string `json:"text"`
	// Of a default rule; files have none.
	Labels map[string]string `json:"labels"`
}

// What default rules of Docker are told.
type described = struct {
	Name          string
	ContainerName string
	Labels        map[string]string
}

// More text than this is refused.
const longest = 1 << 20

var errTooLong = errors.New("too long")

type limited struct{ strings.Builder }

func (l *limited) Write(piece []byte) (int, error) {
	if l.Len()+len(piece) > longest {
		return 0, errTooLong
	}
	return l.Builder.Write(piece)
}

var _ io.Writer = (*limited)(nil)

func readTemplate(asked templated) (any, error) {
	functions := sprig.TxtFuncMap()
	functions["normalize"] = provider.Normalize
	var data any = false
	name := "defaultRule"
	if asked.Labels == nil {
		functions["split"] = strings.Split
		name = "file"
	} else {
		data = described{Name: "name", ContainerName: "container", Labels: asked.Labels}
	}
	parsed, err := template.New(name).Funcs(functions).Parse(asked.Text)
	if err != nil {
		return nil, err
	}
	var out limited
	if err := parsed.Execute(&out, data); err != nil {
		return nil, err
	}
	return out.String(), nil
}
