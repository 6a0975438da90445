package report

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
)

// writeSARIF writes a log without what says nothing. The library writes every
// member that has a default: an index of -1 for what is listed nowhere, and empty
// lists; they are half of a log, and the format asks to leave them out.
// Source: SARIF 2.1.0, 3.4.5, 3.7.2; rule SARIF2004 of the SARIF multitool.
func writeSARIF(w io.Writer, log *sarif.Report) error {
	text, err := json.Marshal(log)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return err
	}
	withoutDefaults(v)
	suppressions(v)
	return writeValue(w, v, "  ")
}

// withoutDefaults takes those members out of a value and what it holds. What is
// in a property bag is ours, and a run without results has an empty list of them.
func withoutDefaults(v any) {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			withoutDefaults(element)
		}
	case map[string]any:
		for name, member := range v {
			switch {
			case name == "properties" || name == "results" && isEmpty(member):
			case member == json.Number("-1") || isEmpty(member):
				delete(v, name)
			default:
				withoutDefaults(member)
			}
		}
	}
}

// suppressions gives each result of a run in which one is suppressed a list of
// them: the format wants it of all or of none, and the library writes no empty one.
// Source: SARIF 2.1.0, 3.27.23.
func suppressions(v any) {
	for _, run := range members(v, "runs") {
		results := members(run, "results")
		if !slices.ContainsFunc(results, func(r any) bool { return len(members(r, "suppressions")) > 0 }) {
			continue
		}
		for _, r := range results {
			if len(members(r, "suppressions")) == 0 {
				r.(map[string]any)["suppressions"] = []any{}
			}
		}
	}
}

// members returns a list that an object has, nil for none.
func members(v any, name string) []any {
	object, _ := v.(map[string]any)
	list, _ := object[name].([]any)
	return list
}

// isEmpty reports whether a value is an empty list.
func isEmpty(v any) bool {
	list, ok := v.([]any)
	return ok && len(list) == 0
}
