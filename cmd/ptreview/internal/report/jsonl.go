package report

import (
	"bufio"
	"io"

	"ptreview/rules/check"
)

// JSONL writes the report as lines of JSON, each with its type: the series
// first, then every finding, the coverage of every architecture, and an end
// without which it is not whole. The other members are those of the schema
// ptreview.review/v1.
func JSONL(w io.Writer, m *Material, _ Options) error {
	r := m.Report
	b := bufio.NewWriter(w)
	lines := []any{struct {
		Type   string           `json:"type"`
		Schema string           `json:"schema"`
		Tool   check.Tool       `json:"tool"`
		Series check.SeriesInfo `json:"series"`
		Tree   check.TreeInfo   `json:"tree"`
		Notes  []string         `json:"notes,omitempty"`
	}{"series", r.Schema, r.Tool, r.Series, r.Tree, r.Notes}}
	for i := range r.Findings {
		lines = append(lines, struct {
			Type string `json:"type"`
			*check.Finding
		}{"finding", &r.Findings[i]})
	}
	for i := range r.Coverage {
		lines = append(lines, struct {
			Type string `json:"type"`
			*check.Coverage
		}{"coverage", &r.Coverage[i]})
	}
	lines = append(lines, struct {
		Type     string      `json:"type"`
		Findings int         `json:"findings"`
		Stats    check.Stats `json:"stats"`
	}{"end", len(r.Findings), r.Stats})
	for _, line := range lines {
		if err := writeValue(b, line, ""); err != nil {
			return err
		}
	}
	return b.Flush()
}
