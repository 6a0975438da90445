package baseline

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"ptreview/cmd/ptreview/internal/near"
)

// MaxSize is the largest file, in bytes.
const MaxSize = 1 << 20

// fingerprint is the form of all fingerprints.
var fingerprint = regexp.MustCompile(`^[0-9a-f]{16}$`)

// Read reads a file: a mapping of YAML whose only key findings has a list of
// entries. Errors: the first mistake, behind name and line. An entry without a
// reason is one, and so is an unknown field.
func Read(name string, data []byte) (*Baseline, error) {
	b := &Baseline{name: name, data: data, indent: -1}
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%s: a baseline of more than %d KiB is none", name, MaxSize>>10)
	}
	file, err := parser.ParseBytes(data, 0)
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		return nil, fmt.Errorf("%s:%d: %s", name, at.GetToken().Position.Line, at.GetMessage())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for i, doc := range file.Docs {
		if err := b.body(doc.Body, i); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// refuse is an error at a node.
func (b *Baseline) refuse(at ast.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", b.name, at.GetToken().Position.Line, fmt.Errorf(format, args...))
}

// body reads document i of the file.
func (b *Baseline) body(n ast.Node, i int) error {
	fields := fieldsOf(n)
	switch n.(type) {
	case nil, *ast.CommentGroupNode, *ast.NullNode:
		return nil
	}
	if i > 0 {
		return b.refuse(n, "a baseline is one document")
	}
	if len(fields) == 0 {
		return b.refuse(n, "a baseline begins with findings: and lists them below")
	}
	for _, f := range fields {
		if key := f.Key.GetToken().Value; key != "findings" {
			return b.refuse(f.Key, "there is no field %q here; a baseline has findings only", key)
		}
		if err := b.list(f.Value); err != nil {
			return err
		}
	}
	return nil
}

// fieldsOf returns the fields of a mapping, none of anything else.
func fieldsOf(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

// list reads the entries.
func (b *Baseline) list(n ast.Node) error {
	if _, none := n.(*ast.NullNode); none {
		return nil
	}
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		return b.refuse(n, "findings wants a list of entries")
	}
	if !list.IsFlowStyle {
		b.indent = list.Start.Position.Column - 1
	}
	for _, n := range list.Values {
		k, err := b.entry(n)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(b.entries, func(x Known) bool { return x.Fingerprint == k.Fingerprint })
		if i >= 0 {
			return b.refuse(n, "fingerprint %s is that of line %d too", k.Fingerprint, b.entries[i].line)
		}
		b.entries = append(b.entries, *k)
	}
	return nil
}

// entry reads one entry.
func (b *Baseline) entry(n ast.Node) (*Known, error) {
	fields := fieldsOf(n)
	if len(fields) == 0 {
		return nil, b.refuse(n, "an entry has a fingerprint and a reason")
	}
	k := &Known{line: fields[0].Key.GetToken().Position.Line}
	for _, f := range fields {
		key := f.Key.GetToken().Value
		to := k.field(key)
		if to == nil {
			return nil, b.refuse(f.Key, "an entry has no field %q%s", key, near.Instead(key, fieldNames(), "there are"))
		}
		text, ok := scalar(f.Value)
		if !ok {
			return nil, b.refuse(f.Key, "%s wants some text", key)
		}
		*to = text
	}
	switch {
	case !fingerprint.MatchString(k.Fingerprint):
		return nil, b.refuse(fields[0].Key, "%q is no fingerprint; it has 16 digits, as in a report of --format json", k.Fingerprint)
	case k.Reason == "":
		return nil, b.refuse(fields[0].Key, "%s has no reason; say why it is left as it is", k.Fingerprint)
	}
	return k, nil
}

// fieldNames are the fields of an entry, in the order in which they are written.
func fieldNames() []string {
	return []string{"fingerprint", "rule", "helper", "entry", "arch", "reason"}
}

// field is the place of a field, nil if there is none of the name.
func (k *Known) field(name string) *string {
	i := slices.Index(fieldNames(), name)
	if i < 0 {
		return nil
	}
	return []*string{&k.Fingerprint, &k.Rule, &k.Helper, &k.Entry, &k.Arch, &k.Reason}[i]
}

// scalar returns the text of a node in one line, as it stands in the file: a
// fingerprint may look like a number.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return strings.Join(strings.Fields(n.Value), " "), true
	case *ast.LiteralNode:
		return strings.Join(strings.Fields(n.Value.Value), " "), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}
