package main

import (
	"path"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/arch/kbuild"
	"ptreview/arch/kconfig"
	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/semantics/facts"
)

// definers look for the definitions of helpers in one tree.
type definers struct {
	base  tree.Tree
	store *facts.Store
	files *kconfig.Files
}

func newDefiners(base tree.Tree) *definers {
	return &definers{base, facts.NewStore(base, cpp.NewCache(source.NewSet())), kconfig.NewFiles(base, nil)}
}

// definer knows the definitions of one architecture. Only headers are asked
// until ask has been called.
type definer struct {
	*facts.Headers
	kc      *kconfig.Kconfig
	objects *kbuild.Objects
	chooser *class.Chooser // asks kc
}

// of returns the definer of the architecture below arch/name.
func (d *definers) of(name string) (*definer, error) {
	h, err := facts.NewHeaders(d.store, name)
	if err != nil {
		return nil, err
	}
	return &definer{Headers: h}, nil
}

// ask makes a definer consider Kconfig and the Makefiles.
func (d *definers) ask(on *definer, a *arch.Arch) error {
	kc, err := kconfig.Load(d.base, a.Name, kconfig.Env{Files: d.files})
	if err != nil {
		return err
	}
	chooser, err := class.NewChooser(d.base, a, kc)
	if err != nil {
		return err
	}
	on.kc, on.objects, on.chooser = kc, kbuild.NewObjects(d.base, a.Name), chooser
	return nil
}

// has reports whether headers or C files define a helper.
func (d *definer) has(helper string) bool {
	return len(d.Definitions(helper))+len(d.SourceDefinitions(helper)) > 0
}

// definitions returns the definitions of a helper, without those that only
// say that there is one, and for each where generic code meets it: its file is
// compiled, and no header makes a macro of a function's name.
func (d *definer) definitions(helper string) ([]facts.Located, error) {
	var list []facts.Located
	var macros []class.Formula
	for _, l := range d.Definitions(helper) {
		if l.IsMarker() {
			continue // #define pmd_same pmd_same
		}
		list = append(list, l)
		if l.Macro {
			macros = append(macros, l.When)
		}
	}
	for _, l := range d.SourceDefinitions(helper) {
		if l.IsMarker() {
			continue
		}
		built, err := d.compiled(l.Path)
		if err != nil {
			return nil, err
		}
		l.When = class.And(l.When, built)
		list = append(list, l)
	}
	hidden := class.Or(macros...)
	for i := range list {
		if !list[i].Macro {
			list[i].When = class.And(list[i].When, class.Not(hidden))
		}
	}
	return list, d.Err()
}

// compiled returns the condition under which Makefiles build a C file. A
// condition in a Makefile that is no formula is an atom of its own.
func (d *definer) compiled(file string) (class.Formula, error) {
	if d.objects == nil || path.Ext(file) != ".c" {
		return class.True(), nil
	}
	c, found, err := d.objects.Of(file)
	if err != nil || !found {
		return class.Atom("compiled(" + file + ")"), err
	}
	parts := []class.Formula{class.FromKconfig(d.kc, c.Expr)}
	for _, u := range c.Unknown {
		parts = append(parts, class.Atom("make("+u+")"))
	}
	return class.And(parts...), nil
}
