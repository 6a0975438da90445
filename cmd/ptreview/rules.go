package main

import (
	"fmt"
	"go/doc/comment"
	"strings"

	"ptreview/rules"
	"ptreview/rules/check"
)

type rulesCmd struct {
	Format string `help:"How to print: ${enum}; markdown is a page with a section for each rule." enum:"text,json,markdown" default:"text"`
}

// Help is shown by ptreview rules --help.
func (*rulesCmd) Help() string {
	return `Lists the rules with what each says, or writes all that ptreview explain says
of them.

Examples:
  ptreview rules
  ptreview rules --format markdown > rules.md`
}

// shownRule is the JSON form of a rule.
type shownRule struct {
	Name     string         `json:"name"`
	Severity check.Severity `json:"severity"`
	Summary  string         `json:"summary"`
	Text     string         `json:"text"`
	Advice   string         `json:"advice"`
	Audits   bool           `json:"audits"` // it can judge a tree without a patch
}

func (c *rulesCmd) Run(s streams) error {
	switch c.Format {
	case "json":
		var list []shownRule
		for _, r := range rules.All() {
			list = append(list, shownRule{r.Name, r.Severity, r.Doc.Summary, r.Doc.Text, r.Advice, r.Audit != nil})
		}
		return encode(s.out, list)
	case "markdown":
		_, err := s.out.Write(rulesPage())
		return err
	}
	return listRules(s.out)
}

// rulesPage is a page with a section for each rule, behind links to all.
func rulesPage() []byte {
	var b strings.Builder
	b.WriteString("# Rules of ptreview\n\n")
	for _, r := range rules.All() {
		fmt.Fprintf(&b, "- [%s](#%s) (%s): %s\n", r.Name, anchor(r.Name), r.Severity, r.Doc.Summary)
	}
	printer := &comment.Printer{}
	for _, r := range rules.All() {
		text := r.Doc.Text + "\n\nWhat to do: " + r.Advice + "."
		fmt.Fprintf(&b, "\n<a id=%q></a>\n\n## %s\n\n%s: ", anchor(r.Name), r.Name, r.Severity)
		b.Write(printer.Markdown(new(comment.Parser).Parse(text)))
	}
	return []byte(b.String())
}

// anchor is the name of a rule as part of an address.
func anchor(name string) string { return strings.ReplaceAll(name, "/", "-") }
