package report

import (
	"io"

	"ptreview/rules/check"
)

// The messages of reviewdog's format, as far as they are written. A range
// without columns is of whole lines.
// Source: reviewdog, proto/rdf/reviewdog.proto.
type rdResult struct {
	Source      rdSource       `json:"source"`
	Severity    string         `json:"severity"`
	Diagnostics []rdDiagnostic `json:"diagnostics"`
}

type rdSource struct {
	Name string `json:"name"`
}

type rdDiagnostic struct {
	Message     string         `json:"message"`
	Location    rdLocation     `json:"location"`
	Severity    string         `json:"severity"`
	Code        *rdCode        `json:"code,omitempty"`
	Suggestions []rdSuggestion `json:"suggestions,omitempty"`
	Related     []rdRelated    `json:"related_locations,omitempty"`
}

// rdLocation is a place; without a path it is nowhere in particular. A
// diagnostic must have one: reviewdog writes into it.
type rdLocation struct {
	Path  string   `json:"path"`
	Range *rdRange `json:"range,omitempty"`
}

type rdRange struct {
	Start rdPosition `json:"start"`
	End   rdPosition `json:"end"`
}

type rdPosition struct {
	Line int `json:"line"`
}

type rdCode struct {
	Value string `json:"value"`
}

type rdRelated struct {
	Message  string     `json:"message"`
	Location rdLocation `json:"location"`
}

// RDJSON writes reviewdog's format rdjson: a diagnostic for each finding on the
// changed line, one for each reason that kept units from being judged, and one
// that counts all of them and known findings; the latter are of no file.
func RDJSON(w io.Writer, m *Material, _ Options) error {
	r := m.Report
	out := rdResult{Source: rdSource{"ptreview"}, Severity: rdSeverities[check.Note], Diagnostics: []rdDiagnostic{}}
	worst := 0
	for _, f := range told(r) {
		if f.Severity.Rank() > worst {
			worst, out.Severity = f.Severity.Rank(), rdSeverities[f.Severity]
		}
		out.Diagnostics = append(out.Diagnostics, rdFinding(m, f))
	}
	for _, text := range notRunTexts(r) {
		out.Diagnostics = append(out.Diagnostics, rdDiagnostic{Message: text, Severity: rdSeverities[check.Warning]})
	}
	out.Diagnostics = append(out.Diagnostics, rdDiagnostic{Message: countsText(r), Severity: rdSeverities[check.Note]})
	return writeValue(w, out, "  ")
}

var rdSeverities = map[check.Severity]string{check.Error: "ERROR", check.Warning: "WARNING", check.Note: "INFO"}

func rdFinding(m *Material, f *check.Finding) rdDiagnostic {
	file, line, _ := placeNow(m, f.Location)
	d := rdDiagnostic{
		Message:     withAdvice(f, "\n") + "\n" + Clean(f.See),
		Location:    rdPlace(file, line),
		Severity:    rdSeverities[f.Severity],
		Code:        &rdCode{Clean(f.Rule)},
		Suggestions: rdSuggestions(m, f, file),
	}
	for _, p := range related(m, f) {
		d.Related = append(d.Related, rdRelated{p.message, rdPlace(p.file, p.line)})
	}
	return d
}

// rdPlace is a line of a file, or nowhere for "".
func rdPlace(file string, line int) rdLocation {
	l := rdLocation{Path: Clean(file)}
	if file != "" && line > 0 {
		l.Range = &rdRange{rdPosition{line}, rdPosition{line}}
	}
	return l
}
