package report

import (
	"encoding/json"
	"io"

	"ptreview/rules/check"
)

// JSON writes r in the form ptreview.review/v1, indented, with a last newline.
func JSON(w io.Writer, r *check.Report) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}
