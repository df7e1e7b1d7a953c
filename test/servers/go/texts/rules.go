package main

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/traefik/traefik/v3/pkg/middlewares/requestdecorator"
	httpmuxer "github.com/traefik/traefik/v3/pkg/muxer/http"
	tcpmuxer "github.com/traefik/traefik/v3/pkg/muxer/tcp"
	"github.com/traefik/traefik/v3/pkg/tcp"
	"github.com/vulcand/oxy/v2/buffer"
	"github.com/vulcand/oxy/v2/cbreaker"
)

type rule struct {
	Rule     string    `json:"rule"`
	Syntax   string    `json:"syntax"`
	Requests []request `json:"requests"`
}

type request struct {
	// The head as it is on the wire.
	Head   string `json:"head"`
	Client string `json:"client"`
}

// Whether the rule is about each of the requests; null: Go refuses the request.
func readRule(asked rule) (any, error) {
	parser, err := httpmuxer.NewSyntaxParser()
	if err != nil {
		return nil, err
	}
	muxer := httpmuxer.NewMuxer(parser, nil)
	matched := false
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { matched = true })
	if err := muxer.AddRoute(asked.Rule, asked.Syntax, 0, "", handler); err != nil {
		return nil, err
	}
	decorator := requestdecorator.New(nil)
	matches := []*bool{}
	for _, one := range asked.Requests {
		sent, err := http.ReadRequest(bufio.NewReader(strings.NewReader(one.Head)))
		if err != nil {
			matches = append(matches, nil)
			continue
		}
		sent.RemoteAddr = net.JoinHostPort(one.Client, "1000")
		matched = false
		decorator.ServeHTTP(httptest.NewRecorder(), sent, muxer.ServeHTTP)
		is := matched
		matches = append(matches, &is)
	}
	return matches, nil
}

type tcpRule struct {
	Rule        string       `json:"rule"`
	Syntax      string       `json:"syntax"`
	Connections []connection `json:"connections"`
}

type connection struct {
	ServerName string   `json:"serverName"`
	Client     string   `json:"client"`
	Protocols  []string `json:"protocols"`
}

type isCatchAll struct {
	Domains    []string `json:"domains"`
	IsCatchAll bool     `json:"isCatchAll"`
	Matches    []bool   `json:"matches"`
}

func readTCPRule(asked tcpRule) (any, error) {
	domains, err := tcpmuxer.ParseHostSNI(asked.Rule)
	if err != nil {
		return nil, err
	}
	muxer, err := tcpmuxer.NewMuxer(nil)
	if err != nil {
		return nil, err
	}
	handler := tcp.HandlerFunc(func(tcp.WriteCloser) {})
	if err := muxer.AddRoute(asked.Rule, asked.Syntax, 0, "", handler); err != nil {
		return nil, err
	}
	given := isCatchAll{Domains: append([]string{}, domains...), Matches: []bool{}}
	for _, one := range asked.Connections {
		client := &net.TCPAddr{IP: net.ParseIP(one.Client), Port: 1000}
		data, err := tcpmuxer.NewConnData(one.ServerName, client, one.Protocols)
		if err != nil {
			return nil, err
		}
		match, catchAll := muxer.Match(data)
		given.Matches = append(given.Matches, match != nil)
		given.IsCatchAll = given.IsCatchAll || catchAll
	}
	return given, nil
}

type predicate struct {
	Expression string `json:"expression"`
	// Of "cbreaker" or "buffer".
	Of string `json:"of"`
}

func readPredicate(asked predicate) (any, error) {
	var err error
	if asked.Of == "buffer" {
		_, err = buffer.New(http.NotFoundHandler(), buffer.Retry(asked.Expression))
	} else {
		_, err = cbreaker.New(http.NotFoundHandler(), asked.Expression)
	}
	return "accepted", err
}
