package main

import (
	"mime"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"

	goauth "github.com/abbot/go-http-auth"
	"github.com/traefik/traefik/v3/pkg/middlewares/requestdecorator"
)

// Texts of fields come as byte strings: one character an octet.
func octets(text string) string {
	var out strings.Builder
	for _, character := range text {
		out.WriteByte(byte(character))
	}
	return out.String()
}

func readMediaType(text string) (any, error) {
	mediaType, _, err := mime.ParseMediaType(octets(text))
	return mediaType, err
}

type cookie struct {
	Lines []string `json:"lines"`
	Name  string   `json:"name"`
}

func readCookie(asked cookie) (any, error) {
	request := http.Request{Header: http.Header{}}
	for _, line := range asked.Lines {
		request.Header.Add("Cookie", octets(line))
	}
	found, err := request.Cookie(asked.Name)
	if err != nil {
		return nil, err
	}
	return found.Value, nil
}

type credentials struct {
	User     string `json:"user"`
	Password string `json:"password"`
}

// Null: there are none.
func readBasic(text string) (any, error) {
	request := http.Request{Header: http.Header{"Authorization": {octets(text)}}}
	user, password, found := request.BasicAuth()
	if !found {
		return nil, nil
	}
	return credentials{user, password}, nil
}

type password struct {
	Password string `json:"password"`
	Hash     string `json:"hash"`
}

func readPassword(asked password) (any, error) {
	return goauth.CheckSecret(asked.Password, asked.Hash), nil
}

func readName(text string) (any, error) {
	return textproto.CanonicalMIMEHeaderKey(text), nil
}

// The host that rules see.
func readHost(text string) (any, error) {
	var host string
	next := func(_ http.ResponseWriter, request *http.Request) {
		host = requestdecorator.GetCanonicalHost(request.Context())
	}
	requestdecorator.New(nil).ServeHTTP(httptest.NewRecorder(), &http.Request{Host: text}, next)
	return host, nil
}

func readSniffed(text string) (any, error) {
	return http.DetectContentType([]byte(octets(text))), nil
}
