package unit

import (
	"context"
	"errors"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	"ptreview/arch/kbuild"
	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/types"
)

// hiddenFrom lists the headers that do not exist yet when a build compiles a
// file of offsets: bounds.h is made first, then asm-offsets.h.
func hiddenFrom(source string) []string {
	const bounds, offsets = "include/generated/bounds.h", "include/generated/asm-offsets.h"
	if path.Base(source) == "bounds.c" {
		return []string{bounds, offsets}
	}
	return []string{offsets}
}

// evaluation is what a file of offsets came to in one tree. It is the same in
// another one if all that was read is.
type evaluation struct {
	flags *kbuild.Flags
	files *cpp.Files
	list  []kbuild.Offset
	err   error
}

// evaluationKey names a file of offsets of a class, in whatever tree.
type evaluationKey struct {
	class  *Class
	source string
}

// offsets compiles a file whose asm statements print constants, unless it did so
// in a tree where the file reads the same. What could be evaluated is returned
// with an error that names the rest.
func (r *Reader) offsets(s *classState, base *cpp.Files, source string) ([]kbuild.Offset, error) {
	flags, err := s.build.Flags(source)
	if err != nil {
		return nil, fmt.Errorf("compiler options of %s: %w", source, err)
	}
	e := evaluation{flags: flags, files: base.Over(without{s.made, hiddenFrom(source)})}
	key := evaluationKey{s.class, source}
	r.mu.Lock()
	known := r.evaluated[key]
	r.mu.Unlock()
	for _, k := range known {
		if reflect.DeepEqual(k.flags, e.flags) && e.files.Same(k.files) {
			return k.list, k.err
		}
	}
	e.list, e.err = r.evaluate(s, &e, source)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.evaluated[key] = append(slices.Clip(r.evaluated[key]), e)
	return e.list, e.err
}

// evaluate reads a file of offsets and evaluates its functions.
func (r *Reader) evaluate(s *classState, e *evaluation, source string) ([]kbuild.Offset, error) {
	u, err := r.readWith(context.Background(), s, e.files, e.flags, source)
	if err != nil {
		return nil, err
	}
	defer u.Cpp.Release()
	var list []kbuild.Offset
	var errs []error
	for fn := range u.File.Functions() {
		if at := u.Cpp.Tokens[fn.First].Loc(); path.Ext(u.Cpp.Position(at).Path) != ".c" {
			continue
		}
		more, err := u.offsetsOf(u.File.Decl(fn.Decl).(*syntax.FuncDef))
		list = append(list, more...)
		if err != nil {
			errs = append(errs, err)
		}
	}
	return list, errors.Join(errs...)
}

// offsetsOf evaluates the DEFINE()s of one function.
func (u *Unit) offsetsOf(fn *syntax.FuncDef) ([]kbuild.Offset, error) {
	body, err := u.File.Body(fn)
	if err != nil {
		return nil, err
	}
	_, errs := u.Types.Check(fn)
	var list []kbuild.Offset
	syntax.Inspect(body, func(n syntax.Node) bool {
		asm, ok := n.(*syntax.Asm)
		if !ok {
			return true
		}
		o, ok, err := u.offset(asm)
		if err != nil {
			errs = append(errs, err)
		}
		if ok {
			list = append(list, o)
		}
		return false
	})
	return list, errors.Join(errs...)
}

// offset reads an asm statement of the form
//
//	asm volatile("\n.ascii \"->NAME %0 text\"" : : "i" (value));
//
// Source: include/linux/kbuild.h, DEFINE, v6.1.
func (u *Unit) offset(asm *syntax.Asm) (o kbuild.Offset, ok bool, err error) {
	_, text, found := strings.Cut(string(asm.Template), ".ascii \"->")
	if !found || strings.HasPrefix(text, "#") || len(asm.Inputs) != 1 {
		return o, false, nil
	}
	name, comment, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(text), "\""), " ")
	if name == "" {
		return o, false, nil
	}
	c := types.ConstOf(asm.Inputs[0].X)
	if c == nil {
		return o, false, fmt.Errorf("%s: %s is no constant", u.Cpp.Position(asm.Loc()), name)
	}
	comment = strings.TrimSpace(strings.TrimLeft(comment, "%$#0123456789"))
	return kbuild.Offset{Name: name, Value: signed(c), Comment: comment}, true, nil
}

// signed is a constant as gcc prints an immediate operand: sign-extended from
// the width of its type.
func signed(c *types.Const) int64 {
	if size := c.Type.Size(); size > 0 && size < 8 {
		shift := 64 - 8*uint(size)
		return int64(c.Lo<<shift) >> shift
	}
	return int64(c.Lo)
}
