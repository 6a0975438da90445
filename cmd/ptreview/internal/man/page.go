// Package man writes manual pages.
package man

import (
	"fmt"
	"strings"
)

// Page is the manual page of a command, in section 1.
type Page struct {
	Name     string // "ptreview-review"
	Source   string // "ptreview 0.1.0"
	Summary  string // one sentence
	Usage    string // "ptreview review [flags]"
	Text     string // paragraphs; what is indented stays as it is
	Examples string // indented
	SeeAlso  []string

	Commands, Arguments, Options, Variables, Statuses []Item
}

// Item is a term and what it means.
type Item struct{ Term, Text string }

// Roff returns the page in the macros of man(7). It has no date: the same
// program makes the same page.
func (p *Page) Roff() string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"%s\"\n", literal(strings.ToUpper(p.Name)), literal(p.Source))
	b.WriteString(".nh\n") // a hyphen in a flag or a variable would be taken for its own
	section(&b, "NAME")
	fmt.Fprintf(&b, "%s \\- %s\n", literal(p.Name), words(strings.TrimSuffix(p.Summary, ".")))
	section(&b, "SYNOPSIS")
	b.WriteString(line(literal(p.Usage)))
	if text := strings.TrimSpace(p.Text); text != "" {
		section(&b, "DESCRIPTION")
		b.WriteString(paragraphs(text))
	}
	items(&b, "COMMANDS", p.Commands)
	items(&b, "ARGUMENTS", p.Arguments)
	items(&b, "OPTIONS", p.Options)
	if p.Examples != "" {
		section(&b, "EXAMPLES")
		b.WriteString(asItIs(strings.Split(strings.TrimRight(p.Examples, "\n"), "\n")))
	}
	items(&b, "ENVIRONMENT", p.Variables)
	items(&b, "EXIT STATUS", p.Statuses)
	if len(p.SeeAlso) > 0 {
		section(&b, "SEE ALSO")
		for i, name := range p.SeeAlso {
			end := ",\n"
			if i == len(p.SeeAlso)-1 {
				end = "\n"
			}
			fmt.Fprintf(&b, ".BR %s (1)%s", literal(name), end)
		}
	}
	return b.String()
}

func section(b *strings.Builder, title string) { fmt.Fprintf(b, ".SH %s\n", title) }

// items writes a section of terms, if there are any.
func items(b *strings.Builder, title string, list []Item) {
	if len(list) == 0 {
		return
	}
	section(b, title)
	for _, it := range list {
		fmt.Fprintf(b, ".TP\n\\fB%s\\fR\n%s", literal(it.Term), line(words(it.Text)))
	}
}

// paragraphs writes text whose paragraphs are parted by empty lines.
func paragraphs(text string) string {
	var b strings.Builder
	for i, para := range strings.Split(text, "\n\n") {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		lines := strings.Split(para, "\n")
		if strings.HasPrefix(lines[0], " ") {
			b.WriteString(asItIs(lines))
			continue
		}
		for _, l := range lines {
			b.WriteString(line(words(l)))
		}
	}
	return b.String()
}

// asItIs writes lines that are not to be filled.
func asItIs(lines []string) string {
	var b strings.Builder
	b.WriteString(".nf\n")
	for _, l := range lines {
		b.WriteString(line(literal(l)))
	}
	b.WriteString(".fi\n")
	return b.String()
}

// line makes a line of text that is no request.
func line(text string) string {
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text + "\n"
}

// words escapes text, whose hyphens may become dashes except in flags.
// Source: groff_char(7).
func words(text string) string {
	fields := strings.Split(strings.ReplaceAll(text, `\`, `\e`), " ")
	for i, f := range fields {
		if strings.HasPrefix(strings.TrimLeft(f, "(["), "-") {
			fields[i] = strings.ReplaceAll(f, "-", `\-`)
		}
	}
	return strings.Join(fields, " ")
}

// literal escapes text that is typed as it stands.
func literal(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "~", `\(ti`, "^", `\(ha`, `"`, `\(dq`).Replace(text)
}
