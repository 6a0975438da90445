package config

import (
	"fmt"
	"slices"
	"strings"

	"ptreview/cmd/ptreview/internal/near"
)

// Environ reads what variables of the environment set; those of a List are cut
// at commas. An empty one sets nothing.
func Environ(environ []string, settings []Setting) ([]Value, []error) {
	var values []Value
	var errs []error
	for i := range settings {
		s := &settings[i]
		text := variable(environ, s.Variable())
		if text == "" {
			continue
		}
		v := Value{Key: s.Key, Kind: s.Kind, Words: []string{text}, Level: Environment, Place: s.Variable()}
		if s.Kind == List {
			v.Words = strings.Split(text, ",")
		}
		bad := false
		for _, word := range v.Words {
			if err := s.check(word); err != nil {
				errs, bad = append(errs, fmt.Errorf("%s: %w", v.Place, err)), true
			}
		}
		if !bad {
			values = append(values, v)
		}
	}
	return values, errs
}

// variable returns the last value of a variable, as a process sees it.
func variable(environ []string, name string) string {
	for _, v := range slices.Backward(environ) {
		if text, ok := strings.CutPrefix(v, name+"="); ok {
			return text
		}
	}
	return ""
}

// Misspelt says which variables look as if they were meant to be settings.
// Others that begin with PTREVIEW_ are no mistake: tests have some.
func Misspelt(environ []string, settings []Setting) []error {
	var names []string
	for i := range settings {
		names = append(names, settings[i].Variable())
	}
	var errs []error
	for _, v := range environ {
		name, text, _ := strings.Cut(v, "=")
		if text == "" || !strings.HasPrefix(name, prefix) || slices.Contains(names, name) {
			continue
		}
		if hint := near.Hint(name, names); hint != "" {
			errs = append(errs, fmt.Errorf("%s is no setting%s", name, hint))
		}
	}
	return errs
}
