package config

import (
	"errors"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"ptreview/cmd/ptreview/internal/near"
)

// MaxSize is the largest file, in bytes.
const MaxSize = 64 << 10

// Read reads a file of one level: a mapping of YAML from settings to values.
// Each mistake is an error that begins with name and line, in their order; what
// is right beside them is returned too.
func Read(name string, data []byte, level Level, settings []Setting) ([]Value, []error) {
	r := &reader{name: name, level: level, settings: settings}
	if len(data) > MaxSize {
		return nil, []error{fmt.Errorf("%s: a configuration of more than %d KiB is none", name, MaxSize>>10)}
	}
	file, err := parser.ParseBytes(data, 0)
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		return nil, []error{fmt.Errorf("%s:%d: %s", name, at.GetToken().Position.Line, at.GetMessage())}
	}
	if err != nil {
		return nil, []error{fmt.Errorf("%s: %w", name, err)}
	}
	for _, doc := range file.Docs {
		r.body(doc.Body)
	}
	return r.values, r.errs
}

// reader is a file being read.
type reader struct {
	name     string
	level    Level
	settings []Setting
	values   []Value
	errs     []error
	seen     []string
}

// refuse notes a mistake at a node.
func (r *reader) refuse(at ast.Node, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s: %w", r.place(at), fmt.Errorf(format, args...)))
}

func (r *reader) place(at ast.Node) string {
	return fmt.Sprintf("%s:%d", r.name, at.GetToken().Position.Line)
}

func (r *reader) body(n ast.Node) {
	switch n := n.(type) {
	case nil, *ast.CommentGroupNode, *ast.NullNode: // nothing is set
	case *ast.MappingNode:
		for _, v := range n.Values {
			r.entry(v)
		}
	case *ast.MappingValueNode:
		r.entry(n)
	default:
		r.refuse(n, "a configuration is a list of settings, as in fail-on: warning")
	}
}

// entry reads one setting.
func (r *reader) entry(e *ast.MappingValueNode) {
	key := e.Key.GetToken().Value
	i := slices.IndexFunc(r.settings, func(s Setting) bool { return s.Key == key })
	if i < 0 {
		r.refuse(e.Key, "there is no setting %q%s", key, near.Instead(key, keys(r.settings), "the settings are"))
		return
	}
	s := &r.settings[i]
	switch {
	case slices.Contains(r.seen, key):
		r.refuse(e.Key, "%s is set twice", key)
	case r.level == Tree && s.Refused != "":
		r.refuse(e.Key, "%s cannot be set by the tree that is reviewed: %s", key, s.Refused)
	default:
		r.value(s, e.Value, r.place(e.Key))
	}
	r.seen = append(r.seen, key)
}

func keys(settings []Setting) []string {
	var list []string
	for _, s := range settings {
		list = append(list, s.Key)
	}
	return list
}

// value reads the value of a setting.
func (r *reader) value(s *Setting, n ast.Node, place string) {
	v := Value{Key: s.Key, Kind: s.Kind, Level: r.level, Place: place}
	nodes := []ast.Node{n}
	if list, ok := n.(*ast.SequenceNode); ok && s.Kind == List {
		nodes = list.Values
	}
	for _, n := range nodes {
		word, ok := scalar(n)
		if !ok {
			r.refuse(n, "%s wants %s", s.Key, wants(s.Kind))
			return
		}
		if err := s.check(word); err != nil {
			r.refuse(n, "%s: %w", s.Key, err)
			return
		}
		v.Words = append(v.Words, word)
	}
	r.values = append(r.values, v)
}

// scalar returns the text of a node that is neither empty, nested nor a name
// for another one.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, n.Value != ""
	case *ast.IntegerNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// wants says what a value of a kind looks like.
func wants(k Kind) string {
	switch k {
	case List:
		return "a list, as in [a, b]"
	case Switch:
		return "true or false"
	}
	return "one word"
}

// check says what is wrong with a word.
func (s *Setting) check(word string) error {
	if s.Kind == Switch && word != "true" && word != "false" {
		return fmt.Errorf("%q is neither true nor false", word)
	}
	if s.Check == nil {
		return nil
	}
	return s.Check(word)
}
