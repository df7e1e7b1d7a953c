package main

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/BurntSushi/toml"
	"gopkg.in/yaml.v3"
)

// Files of the configuration are read into a map, whatever the format.

func readYAML(text string) (any, error) {
	tree := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &tree); err != nil {
		return nil, err
	}
	return plain(tree), nil
}

func readTOML(text string) (any, error) {
	tree := map[string]any{}
	if _, err := toml.Decode(text, &tree); err != nil {
		return nil, err
	}
	return plain(tree), nil
}

var errUnknown = errors.New("a value of a type that is not known")

const exact = 1 << 53

// A tree that JSON can hold: numbers that it can't are texts, and so are dates.
func plain(value any) any {
	switch given := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, each := range given {
			out[key] = plain(each)
		}
		return out
	case map[any]any:
		out := map[string]any{}
		for key, each := range given {
			out[fmt.Sprint(key)] = plain(each)
		}
		return out
	case []any:
		out := []any{}
		for _, each := range given {
			out = append(out, plain(each))
		}
		return out
	case []map[string]any:
		out := []any{}
		for _, each := range given {
			out = append(out, plain(each))
		}
		return out
	case int:
		return plain(int64(given))
	case int64:
		if given > exact || given < -exact {
			return fmt.Sprint("number ", given)
		}
		return given
	case uint64:
		return fmt.Sprint("number ", given)
	case float64:
		if given == 0 {
			return 0
		}
		if math.IsNaN(given) || math.IsInf(given, 0) {
			return fmt.Sprint("number ", given)
		}
		return given
	case time.Time:
		return "a date"
	case string, bool, nil:
		return given
	}
	panic(errUnknown)
}
