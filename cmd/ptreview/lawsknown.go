package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"ptreview/semantics/contract"
)

// knownLaws are laws that are known to be broken in a tree, with what is known
// of each. A file of them reads
//
//	broken:
//	  - arch: alpha
//	    laws: [pte_swp_mkexclusive/exclusive]
//	    why: pte_swp_exclusive() returns bit 39 as an int
//
// A law may be named by its helper, for all laws of it. class and machine, if
// they are there, are patterns as of path.Match over the names that the table
// has; a pattern of a class may leave the architecture out.
type knownLaws struct {
	Broken []*knownLaw
}

// knownLaw is what is known of some laws on one architecture.
type knownLaw struct {
	Arch    string
	Laws    []string
	Class   string
	Machine string
	Why     string

	line int
	met  map[string]bool // of Laws
}

// readKnown reads a file of laws that are known to be broken.
func readKnown(name string) (*knownLaws, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	known := &knownLaws{}
	err = yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(known)
	if errors.Is(err, io.EOF) {
		return known, nil
	}
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		return nil, fmt.Errorf("%s:%d: %s", name, at.GetToken().Position.Line, at.GetMessage())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, k := range known.Broken {
		if err := k.check(); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, k.line, err)
		}
	}
	return known, nil
}

// UnmarshalYAML keeps the line, for errors that come later.
func (k *knownLaw) UnmarshalYAML(node ast.Node) error {
	type plain knownLaw
	p := (*plain)(k)
	if err := yaml.NodeToValue(node, p, yaml.Strict()); err != nil {
		return err
	}
	if m, ok := node.(*ast.MappingNode); ok && len(m.Values) > 0 {
		node = m.Values[0].Key // the token of a mapping is its first colon
	}
	k.line = node.GetToken().Position.Line
	return nil
}

// check says what is wrong with an entry.
func (k *knownLaw) check() error {
	switch {
	case k.Arch == "" || len(k.Laws) == 0 || k.Why == "":
		return errors.New("what is known of a law needs arch, laws and why")
	case badPattern(k.Class):
		return fmt.Errorf("%q is no pattern of classes", k.Class)
	case badPattern(k.Machine):
		return fmt.Errorf("%q is no pattern of machines", k.Machine)
	}
	laws := contract.Laws()
	for _, name := range k.Laws {
		if !slices.ContainsFunc(laws, func(l contract.Law) bool { return isLaw(l, name) }) {
			return fmt.Errorf("there is no law %s; ptreview laws --list lists them", name)
		}
	}
	k.met = make(map[string]bool)
	return nil
}

func badPattern(p string) bool {
	_, err := path.Match(p, "")
	return err != nil
}

// isLaw reports whether a name is that of a law, or of its helper.
func isLaw(l contract.Law, name string) bool { return name == l.Helper || name == l.Name }

// of returns what is known of a broken law in a column, "" for nothing.
func (k *knownLaws) of(l contract.Law, col *lawColumn) string {
	for _, entry := range k.Broken {
		i := slices.IndexFunc(entry.Laws, func(name string) bool { return isLaw(l, name) })
		if i < 0 || entry.Arch != col.Arch || !matches(entry.Machine, col.Machine) {
			continue
		}
		if matches(entry.Class, col.Class) || matches(entry.Class, strings.TrimPrefix(col.Class, col.Arch+"/")) {
			entry.met[entry.Laws[i]] = true
			return entry.Why
		}
	}
	return ""
}

func matches(pattern, name string) bool {
	ok, _ := path.Match(pattern, name) // it was checked when it was read
	return pattern == "" || ok
}

// apply notes what is known of broken laws, and which that were asked are not
// broken any more.
func (k *knownLaws) apply(r *lawsReport, laws []contract.Law) {
	asked := make(map[string]bool)
	for _, col := range r.Columns {
		asked[col.Arch] = true
		for i := range col.Cells {
			if c := &col.Cells[i]; c.Status == contract.Broken.String() {
				c.Known = k.of(laws[i], col)
			}
		}
	}
	for _, entry := range k.Broken {
		for _, name := range entry.Laws {
			if asked[entry.Arch] && !entry.met[name] && slices.ContainsFunc(laws, func(l contract.Law) bool { return isLaw(l, name) }) {
				r.Kept = append(r.Kept, keptLaw{entry.Arch, name, entry.line})
			}
		}
	}
}

// keptLaw is a law that is said to be broken and is not, where it was asked.
type keptLaw struct {
	Arch string `json:"arch"`
	Law  string `json:"law"`
	Line int    `json:"line"` // of the file of known laws
}
