package report

import (
	"fmt"
	"strings"

	"ptreview/rules/check"
)

// told are the findings that count, and are told as such.
func told(r *check.Report) []*check.Finding { return findings(r, false) }

// known are the findings that do not, each with its reason.
func known(r *check.Report) []*check.Finding { return findings(r, true) }

func findings(r *check.Report, suppressed bool) []*check.Finding {
	var list []*check.Finding
	for i := range r.Findings {
		if f := &r.Findings[i]; (f.Suppressed != nil) == suppressed {
			list = append(list, f)
		}
	}
	return list
}

// besides counts the known findings behind those that count, "" if there are
// none.
func besides(r *check.Report) string {
	if n := len(known(r)); n > 0 {
		return fmt.Sprintf(", %d known", n)
	}
	return ""
}

// knownText names a known finding and says why it is left as it is.
func knownText(f *check.Finding) string {
	return fmt.Sprintf("%s: %s", knownName(f), f.Suppressed.Reason)
}

// knownName names a finding in a few words, its fingerprint last.
func knownName(f *check.Finding) string {
	return strings.Join(strings.Fields(strings.Join([]string{f.Rule, f.Arch, f.Entry, f.Helper, f.Fingerprint}, " ")), " ")
}

// knownFindings lists those that do not count.
func (t *text) knownFindings(r *check.Report) {
	list := known(r)
	if len(list) == 0 {
		return
	}
	t.printf("%s\n", t.bold("known, and not counted"))
	for _, f := range list {
		t.item(knownText(f))
	}
	t.printf("\n")
}
