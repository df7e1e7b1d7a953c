// Reads texts as Traefik reads them, with the libraries that it uses and in parts with its own code. Each line on the standard
// input is JSON, {"what": name of a reader, "input": whatever it takes}; each gets a line on the standard output: {"value": …} or
// {"error": why it is refused}. What would take all of the memory or too long ends the program.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/rs/zerolog"
)

// What may be wrong is an answer, never the end of the program.
type reader func(input json.RawMessage) (any, error)

var readers = map[string]reader{
	"regexp":     typed(readRegexp),
	"template":   typed(readTemplate),
	"rule":       typed(readRule),
	"tcpRule":    typed(readTCPRule),
	"predicate":  typed(readPredicate),
	"duration":   typed(readDuration),
	"flag":       typed(readFlag),
	"serverUrl":  typed(readServerURL),
	"reference":  typed(readReference),
	"cleanPath":  typed(readCleanPath),
	"query":      typed(readQuery),
	"yaml":       typed(readYAML),
	"toml":       typed(readTOML),
	"ranges":     typed(readRanges),
	"statuses":   typed(readStatuses),
	"constraint": typed(readConstraint),
	"mediaType":  typed(readMediaType),
	"cookie":     typed(readCookie),
	"basic":      typed(readBasic),
	"password":   typed(readPassword),
	"name":       typed(readName),
	"host":       typed(readHost),
	"sniffed":    typed(readSniffed),
}

type question struct {
	What  string          `json:"what"`
	Input json.RawMessage `json:"input"`
}

type answer struct {
	Value any    `json:"value"`
	Error string `json:"error,omitempty"`
}

func typed[T any](read func(T) (any, error)) reader {
	return func(input json.RawMessage) (any, error) {
		var text T
		if err := json.Unmarshal(input, &text); err != nil {
			return nil, err
		}
		return read(text)
	}
}

func answerTo(line []byte) (given answer) {
	defer func() {
		if reason := recover(); reason != nil {
			given = answer{Error: fmt.Sprint("panic: ", reason)}
		}
	}()
	var asked question
	if err := json.Unmarshal(line, &asked); err != nil {
		return answer{Error: err.Error()}
	}
	read, known := readers[asked.What]
	if !known {
		return answer{Error: "no such reader"}
	}
	value, err := read(asked.Input)
	if err != nil {
		return answer{Error: "refused: " + err.Error()}
	}
	return answer{Value: value}
}

// Some texts ask for gigabytes, or for ever.
const (
	mostMemory  = 3 << 30
	longestTime = 5 * time.Second
)

func main() {
	limit := syscall.Rlimit{Cur: mostMemory, Max: mostMemory}
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &limit); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// Traefik's own code says much.
	zerolog.SetGlobalLevel(zerolog.Disabled)
	time.Local = time.UTC
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64*1024*1024)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for lines.Scan() {
		watch := time.AfterFunc(longestTime, func() { os.Exit(1) })
		given := answerTo(lines.Bytes())
		watch.Stop()
		if err := encoder.Encode(given); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := out.Flush(); err != nil {
			os.Exit(1)
		}
	}
}
