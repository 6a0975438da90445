package eval

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"ptreview/rules/check"
)

// MaxSize is the largest file, in bytes.
const MaxSize = 1 << 20

// Read reads the cases of a file: documents of YAML, one for each. name is what
// cases are called by, file what errors name.
// Errors: the first mistake, behind file and line. An unknown field is one.
func Read(name, file string, data []byte) ([]*Case, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%s: a file of more than %d KiB holds no cases", file, MaxSize>>10)
	}
	docs, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, placed(file, err)
	}
	var list []*Case
	for _, doc := range docs.Docs {
		switch doc.Body.(type) {
		case nil, *ast.CommentGroupNode, *ast.NullNode:
			continue
		}
		var raw rawCase
		if err := yaml.NodeToValue(doc.Body, &raw, yaml.Strict()); err != nil {
			return nil, placed(file, err)
		}
		c, err := raw.build(file)
		if err != nil {
			return nil, err
		}
		c.Name = name
		if own := raw.Name.Value; own != "" {
			c.Name += ":" + own
		}
		if slices.ContainsFunc(list, func(x *Case) bool { return x.Name == c.Name }) {
			return nil, lineError(file, max(raw.Name.Line, lineOf(doc.Body)), "there is another case %s; give each a name", c.Name)
		}
		list = append(list, c)
	}
	return list, nil
}

// placed puts file and line before an error of the YAML.
func placed(file string, err error) error {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		return lineError(file, at.GetToken().Position.Line, "%s", at.GetMessage())
	}
	return fmt.Errorf("%s: %w", file, err)
}

func lineError(file string, line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", file, line, fmt.Errorf(format, args...))
}

// lineOf returns the line on which a node begins.
func lineOf(n ast.Node) int {
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 {
		n = m.Values[0].Key // the token of a mapping is its first colon
	}
	return n.GetToken().Position.Line
}

// UnmarshalYAML reads a scalar as it stands in the file: 6.1 is no number here.
func (t *Text) UnmarshalYAML(n ast.Node) error {
	t.Line = lineOf(n)
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		t.Value = n.GetToken().Value
		return nil
	}
	return yaml.NodeToValue(n, &t.Value)
}

// words are one word, or a list of them, which may be empty.
type words []Text

// UnmarshalYAML reads either.
func (w *words) UnmarshalYAML(n ast.Node) error {
	if _, isList := n.(*ast.SequenceNode); isList {
		*w = words{}
		return yaml.NodeToValue(n, (*[]Text)(w))
	}
	var one Text
	if err := one.UnmarshalYAML(n); err != nil {
		return err
	}
	*w = words{one}
	return nil
}

func (w words) values() []string {
	var list []string
	for _, t := range w {
		list = append(list, t.Value)
	}
	return list
}

// rawCase is a case as it stands in a file.
type rawCase struct {
	Name    Text
	Why     string
	Tree    Text
	Arch    words
	Quick   words
	Config  Text
	Base    []rawPatch
	Patches []rawPatch
	Expect  []rawExpectation
	Allow   []rawExpectation
	Clean   bool
	NotRun  []rawNotRun `yaml:"not_run"`
}

type rawPatch struct {
	Mail    Text
	Patch   Text
	Reverse bool
	Edits   []rawEdit
	Restore words
	Subject string
	Message string
	line    int
}

type rawEdit struct {
	File  Text
	Match Text
	With  string
	Every bool
}

type rawExpectation struct {
	Rule     words
	Severity Text
	Arch     words
	Helper   words
	Entry    words
	File     words
	Line     Text
	Message  Text
	Patch    int
	FixedBy  int `yaml:"fixed_by"`
	Why      string
	Missed   string
	line     int
}

type rawNotRun struct {
	Reason Text
	Why    string
	line   int
}

// UnmarshalYAML keeps the line, for errors that come later.
func (p *rawPatch) UnmarshalYAML(n ast.Node) error {
	type plain rawPatch
	p.line = lineOf(n)
	return yaml.NodeToValue(n, (*plain)(p), yaml.Strict())
}

// UnmarshalYAML keeps the line.
func (e *rawExpectation) UnmarshalYAML(n ast.Node) error {
	type plain rawExpectation
	e.line = lineOf(n)
	return yaml.NodeToValue(n, (*plain)(e), yaml.Strict())
}

// UnmarshalYAML keeps the line.
func (r *rawNotRun) UnmarshalYAML(n ast.Node) error {
	type plain rawNotRun
	r.line = lineOf(n)
	return yaml.NodeToValue(n, (*plain)(r), yaml.Strict())
}

// build checks what was read.
func (raw *rawCase) build(file string) (*Case, error) {
	c := &Case{File: file, Why: raw.Why, Tree: raw.Tree, Archs: raw.Arch, Quick: raw.Quick, Config: raw.Config, Clean: raw.Clean}
	if c.Tree.Value == "" {
		return nil, fmt.Errorf("%s: a case names its kernel with tree:%s", file, behind(raw.Name))
	}
	if len(raw.Patches) == 0 {
		return nil, lineError(file, c.Tree.Line, "a case has patches")
	}
	if err := local(file, raw.Config, "config"); err != nil {
		return nil, err
	}
	var err error
	if c.Base, err = buildPatches(file, raw.Base); err != nil {
		return nil, err
	}
	if c.Patches, err = buildPatches(file, raw.Patches); err != nil {
		return nil, err
	}
	if c.Expect, err = buildExpectations(file, raw.Expect); err != nil {
		return nil, err
	}
	if c.Allow, err = buildExpectations(file, raw.Allow); err != nil {
		return nil, err
	}
	for _, r := range raw.NotRun {
		re, err := expression(file, r.Reason)
		if err != nil {
			return nil, err
		}
		if re == nil || r.Why == "" {
			return nil, lineError(file, r.line, "what is known not to be run has a reason and a why")
		}
		c.NotRun = append(c.NotRun, &NotRun{re, r.Why})
	}
	return c, c.contradiction()
}

// contradiction says what of a case cannot be meant.
func (c *Case) contradiction() error {
	if !c.Clean && len(c.Expect) == 0 {
		return lineError(c.File, c.Tree.Line, "the case says neither what is expected nor clean: true")
	}
	for _, e := range c.Expect {
		if c.Clean && e.Severity != check.Note {
			return lineError(c.File, e.Line, "a clean case has nothing but notes: the expectation lacks severity: note")
		}
	}
	for _, e := range c.Allow {
		if e.Missed != "" {
			return lineError(c.File, e.Line, "what is only allowed cannot be missed")
		}
	}
	return nil
}

// behind names a case in an error that has no line.
func behind(name Text) string {
	if name.Value == "" {
		return ""
	}
	return fmt.Sprintf(" (of %s, line %d)", name.Value, name.Line)
}

// local refuses a path that leaves its folder.
func local(file string, t Text, field string) error {
	if t.Value != "" && !filepath.IsLocal(filepath.FromSlash(t.Value)) {
		return lineError(file, t.Line, "%s: %q leads out of its folder", field, t.Value)
	}
	return nil
}

func buildPatches(file string, list []rawPatch) ([]Patch, error) {
	var out []Patch
	for _, raw := range list {
		p := Patch{Mail: raw.Mail, File: raw.Patch, Reverse: raw.Reverse, Restore: raw.Restore, Subject: raw.Subject, Message: raw.Message, Line: raw.line}
		kinds := 0
		for _, is := range []bool{raw.Mail.Value != "", raw.Patch.Value != "", len(raw.Edits) > 0, len(raw.Restore) > 0} {
			if is {
				kinds++
			}
		}
		own := len(raw.Edits)+len(raw.Restore) > 0
		switch {
		case kinds != 1:
			return nil, lineError(file, raw.line, "a patch has one of mail, patch, edits and restore")
		case raw.Reverse && own:
			return nil, lineError(file, raw.line, "only mails and patches are reversed")
		case !own && raw.Subject+raw.Message != "":
			return nil, lineError(file, raw.line, "a mail or patch has its own subject and message")
		}
		if err := errors.Join(local(file, raw.Mail, "mail"), local(file, raw.Patch, "patch")); err != nil {
			return nil, err
		}
		for _, e := range raw.Edits {
			edit, err := buildEdit(file, e, raw.line)
			if err != nil {
				return nil, err
			}
			p.Edits = append(p.Edits, *edit)
		}
		out = append(out, p)
	}
	return out, nil
}

// buildEdit checks an edit of the patch that stands on a line.
func buildEdit(file string, raw rawEdit, line int) (*Edit, error) {
	if raw.File.Value == "" || raw.Match.Value == "" {
		return nil, lineError(file, max(line, raw.File.Line, raw.Match.Line), "an edit has file, match and with")
	}
	re, err := expression(file, Text{"(?m)" + raw.Match.Value, raw.Match.Line})
	return &Edit{File: raw.File, Match: re, With: raw.With, Every: raw.Every, Line: raw.File.Line}, err
}

// expression compiles a regular expression, nil for none.
func expression(file string, t Text) (*regexp.Regexp, error) {
	if t.Value == "" {
		return nil, nil
	}
	re, err := regexp.Compile(t.Value)
	if err != nil {
		return nil, lineError(file, t.Line, "%w", err)
	}
	return re, nil
}

var ruleName = regexp.MustCompile(`^[a-z0-9-]+/[a-z0-9-]+$`)

func buildExpectations(file string, list []rawExpectation) ([]*Expectation, error) {
	var out []*Expectation
	for _, raw := range list {
		e := &Expectation{
			Rules: raw.Rule.values(), Severity: check.Severity(raw.Severity.Value), Archs: raw.Arch.values(), Helpers: raw.Helper.values(),
			Entries: raw.Entry.values(), Files: raw.File.values(), Patch: raw.Patch, FixedBy: raw.FixedBy,
			Why: oneLine(raw.Why), Missed: oneLine(raw.Missed), Line: raw.line,
		}
		if len(e.Rules) == 0 {
			return nil, lineError(file, raw.line, "an expectation names a rule, or several of which any will do")
		}
		for _, r := range raw.Rule {
			if !ruleName.MatchString(r.Value) {
				return nil, lineError(file, r.Line, "%q is no name of a rule", r.Value)
			}
		}
		if e.Severity != "" && e.Severity.Rank() == 0 {
			return nil, lineError(file, raw.Severity.Line, "there is no severity %q; there are error, warning, note", e.Severity)
		}
		for _, p := range raw.File {
			if _, err := path.Match(p.Value, ""); err != nil {
				return nil, lineError(file, p.Line, "%q is no pattern of files", p.Value)
			}
		}
		var err error
		if e.LineText, err = expression(file, raw.Line); err != nil {
			return nil, err
		}
		if e.Message, err = expression(file, raw.Message); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
