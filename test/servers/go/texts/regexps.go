package main

import "regexp"

type expression struct {
	Pattern     string   `json:"pattern"`
	Replacement string   `json:"replacement"`
	Texts       []string `json:"texts"`
}

type found struct {
	// Of each match its groups; null: a group took no part.
	Matches  [][]*string `json:"matches"`
	Replaced string      `json:"replaced"`
}

func readRegexp(asked expression) (any, error) {
	compiled, err := regexp.Compile(asked.Pattern)
	if err != nil {
		return nil, err
	}
	all := []found{}
	for _, text := range asked.Texts {
		matches := [][]*string{}
		for _, places := range compiled.FindAllStringSubmatchIndex(text, -1) {
			groups := []*string{}
			for at := 0; at < len(places); at += 2 {
				if places[at] < 0 {
					groups = append(groups, nil)
					continue
				}
				group := text[places[at]:places[at+1]]
				groups = append(groups, &group)
			}
			matches = append(matches, groups)
		}
		all = append(all, found{matches, compiled.ReplaceAllString(text, asked.Replacement)})
	}
	return all, nil
}
