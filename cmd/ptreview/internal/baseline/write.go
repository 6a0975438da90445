package baseline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/token"

	"ptreview/rules/check"
)

// Entries makes entries of the findings of a report, in its order. Findings that
// are known already keep their reason.
// Errors: a finding has no fingerprint.
func Entries(r *check.Report, reason string) ([]Known, error) {
	var list []Known
	for i := range r.Findings {
		f := &r.Findings[i]
		if !fingerprint.MatchString(f.Fingerprint) {
			return nil, fmt.Errorf("finding %d has the fingerprint %q, which is none", i+1, f.Fingerprint)
		}
		k := Known{Fingerprint: f.Fingerprint, Rule: f.Rule, Helper: f.Helper, Entry: f.Entry, Arch: f.Arch, Reason: reason}
		if f.Suppressed != nil {
			k.Reason = f.Suppressed.Reason
		}
		if !has(list, k) {
			list = append(list, k)
		}
	}
	return list, nil
}

func has(list []Known, k Known) bool {
	return slices.ContainsFunc(list, func(x Known) bool { return x.Fingerprint == k.Fingerprint })
}

// Format writes a file of entries.
func Format(list []Known) []byte {
	if len(list) == 0 {
		return []byte("findings: []\n")
	}
	return append([]byte("findings:\n"), format(list, 2)...)
}

// format writes entries whose dashes stand in a column, from 0.
func format(list []Known, column int) []byte {
	var b bytes.Buffer
	indent := strings.Repeat(" ", column)
	for i := range list {
		lead := "- "
		for _, name := range fieldNames() {
			text := *list[i].field(name)
			if text == "" && name != "reason" {
				continue
			}
			fmt.Fprintf(&b, "%s%s%s: %s\n", indent, lead, name, quoted(text))
			lead = "  "
		}
	}
	return b.Bytes()
}

// quoted is a text as a scalar of YAML, in quotes where it needs them. Those of
// JSON are among those of YAML.
func quoted(s string) string {
	odd := func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune(`"'{}[],&*?|<>=!%@`+"`", r) }
	if !token.IsNeedQuoted(s) && !strings.ContainsFunc(s, odd) {
		return s
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // of a string: no error
	var out strings.Builder
	for _, r := range strings.TrimSuffix(b.String(), "\n") {
		if r >= 0x7f && r <= 0x9f { // JSON leaves them, terminals obey them
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// With returns the file with further entries behind its own, those that it has
// not; all else stays as it is, comments too. added counts them.
// Errors: its entries do not stand one below the other.
func (b *Baseline) With(list []Known) (data []byte, added int, err error) {
	young := slices.DeleteFunc(slices.Clone(list), func(k Known) bool { return has(b.entries, k) })
	if len(young) == 0 {
		return b.data, 0, nil
	}
	data = slices.Clone(b.data)
	if len(data) > 0 && data[len(data)-1] != '\n' {
		data = append(data, '\n')
	}
	if b.indent >= 0 {
		data = append(data, format(young, b.indent)...)
	} else {
		data = append(data, Format(young)...)
	}
	now, err := Read(b.name, data)
	if err != nil || !slices.EqualFunc(now.entries, slices.Concat(b.entries, young), same) {
		return nil, 0, fmt.Errorf("%s: nothing can be added behind its end: write its entries one below the other, and nothing after them", b.name)
	}
	return data, len(young), nil
}

// same compares what two entries say, wherever they stand. Texts are read in one
// line.
func same(x, y Known) bool {
	for _, name := range fieldNames() {
		if *x.field(name) != strings.Join(strings.Fields(*y.field(name)), " ") {
			return false
		}
	}
	return true
}
