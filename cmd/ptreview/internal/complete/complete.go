// Package complete says how a command line that is being written can go on, and
// has the scripts by which shells ask for that.
//
// The package leaves out what values there are: that is the business of the
// commands.
package complete

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Candidate is a word that the line can go on with.
type Candidate struct {
	Word string
	Help string // in a few words, or ""
}

// Values returns what a flag or an argument can be, none if that is not known:
// shells offer names of files then.
type Values func(*kong.Value) []Candidate

// Words returns the candidates for the last of the words behind the name of the
// program. A candidate replaces the whole word, also in a list (x86,po) and
// behind the name of a flag (--format=te).
func Words(app *kong.Application, words []string, values Values) []Candidate {
	if len(words) == 0 {
		words = []string{""}
	}
	l := &line{node: app.Node}
	before, last := words[:len(words)-1], words[len(words)-1]
	for _, w := range before {
		l.read(w)
	}
	return starting(last, l.candidates(last, values))
}

// line is a command line as far as it was read.
type line struct {
	node       *kong.Node
	positional int
	open       *kong.Flag // wants a value
	used       []*kong.Flag
	onlyArgs   bool // behind --
}

// read reads a word that is finished.
func (l *line) read(word string) {
	switch {
	case l.open != nil:
		l.open = nil
	case l.onlyArgs:
		l.positional++
	case word == "--":
		l.onlyArgs = true
	case strings.HasPrefix(word, "-") && word != "-":
		name, _, valued := strings.Cut(word, "=")
		f := l.flag(name)
		if f == nil {
			return
		}
		l.used = append(l.used, f)
		if !valued && !f.IsBool() {
			l.open = f
		}
	default:
		l.descend(word)
	}
}

// descend takes a word for a command, else for an argument.
func (l *line) descend(word string) {
	for _, child := range l.node.Children {
		if child.Name == word {
			l.node = child
			return
		}
	}
	if l.node.DefaultCmd != nil {
		l.node = l.node.DefaultCmd
	}
	l.positional++
}

// flags are those that can stand here.
func (l *line) flags() []*kong.Flag {
	var list []*kong.Flag
	for _, group := range l.node.AllFlags(true) {
		list = append(list, group...)
	}
	if d := l.node.DefaultCmd; d != nil {
		list = append(list, d.Flags...)
	}
	return list
}

// flag returns the flag of a word, --name or -n; nil if there is none.
func (l *line) flag(word string) *kong.Flag {
	for _, f := range l.flags() {
		if word == "--"+f.Name || f.Short != 0 && word == "-"+string(f.Short) {
			return f
		}
	}
	return nil
}

// candidates returns all words that can stand in place of last.
func (l *line) candidates(last string, values Values) []Candidate {
	name, value, valued := strings.Cut(last, "=")
	switch {
	case l.open != nil:
		return listed(l.open.Value, last, values)
	case !l.onlyArgs && valued && strings.HasPrefix(name, "-"):
		f := l.flag(name)
		if f == nil {
			return nil
		}
		return prefixed(name+"=", listed(f.Value, value, values))
	case !l.onlyArgs && strings.HasPrefix(last, "-"):
		return l.flagNames()
	}
	return append(l.commands(), l.arguments(last, values)...)
}

// flagNames are the flags that can still be given.
func (l *line) flagNames() []Candidate {
	var list []Candidate
	for _, f := range l.flags() {
		if !f.IsCumulative() && slices.Contains(l.used, f) {
			continue
		}
		list = append(list, Candidate{"--" + f.Name, sentence(f.Help)})
	}
	return list
}

func (l *line) commands() []Candidate {
	if l.positional > 0 || l.onlyArgs {
		return nil
	}
	var list []Candidate
	for _, child := range l.node.Children {
		if !child.Hidden {
			list = append(list, Candidate{child.Name, sentence(child.Help)})
		}
	}
	return list
}

func (l *line) arguments(last string, values Values) []Candidate {
	args := l.node.Positional
	if len(args) == 0 {
		return nil
	}
	i := min(l.positional, len(args)-1)
	if i < l.positional && !args[i].IsCumulative() {
		return nil
	}
	return values(args[i])
}

// listed returns the values of a flag, behind those of a list that are there.
func listed(v *kong.Value, last string, values Values) []Candidate {
	i := strings.LastIndexByte(last, ',')
	if !v.IsSlice() || v.Tag.Sep != ',' || i < 0 {
		return values(v)
	}
	there := strings.Split(last[:i], ",")
	var list []Candidate
	for _, c := range values(v) {
		if !slices.Contains(there, c.Word) {
			list = append(list, c)
		}
	}
	return prefixed(last[:i+1], list)
}

func prefixed(prefix string, list []Candidate) []Candidate {
	for i := range list {
		list[i].Word = prefix + list[i].Word
	}
	return list
}

func starting(prefix string, list []Candidate) []Candidate {
	var out []Candidate
	for _, c := range list {
		if strings.HasPrefix(c.Word, prefix) {
			out = append(out, c)
		}
	}
	return out
}

// sentence is the first sentence of a help text, for one row of a screen.
func sentence(help string) string {
	for _, end := range []string{". ", ": ", " (", "; "} {
		help, _, _ = strings.Cut(help, end)
	}
	return strings.TrimSuffix(help, ".")
}
