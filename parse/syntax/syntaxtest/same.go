// Package syntaxtest checks, for tests, that what other units have taught about
// declarations changes nothing of what is read.
package syntaxtest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
)

// SameAfresh compares file, and the errors it was parsed with, to what its
// tokens give when nothing is known about them: every declaration to the last
// place, and all that is said about declarations without their trees.
func SameAfresh(t testing.TB, file *syntax.File, errs []error) {
	t.Helper()
	u := file.Unit
	afresh, want := syntax.Parse(&cpp.Unit{Names: u.Names, Set: u.Set, Tokens: u.Tokens, Expansions: u.Expansions}, syntax.Options{})
	if g, w := texts(errs), texts(want); !slices.Equal(g, w) {
		t.Errorf("got errors %q, want %q", g, w)
	}
	for what, lists := range map[string][2][]string{
		"names":       {names(file), names(afresh)},
		"functions":   {functions(file), functions(afresh)},
		"asserts":     {numbers(file.Asserts()), numbers(afresh.Asserts())},
		"rival tags":  {numbers(file.Rivals()), numbers(afresh.Rivals())},
		"index":       {said(file), inTrees(file)},
		"fresh index": {said(afresh), inTrees(afresh)},
	} {
		difference(t, what, lists[0], lists[1])
	}
	if file.Len() != afresh.Len() {
		t.Fatalf("got %d declarations, want %d", file.Len(), afresh.Len())
	}
	for i := range file.Len() {
		if got, want := file.Decl(i), afresh.Decl(i); !reflect.DeepEqual(got, want) {
			t.Fatalf("%v: declaration %d differs from the one parsed afresh", u.Position(want.Loc()), i)
		}
	}
}

// SameBodies does the same for the bodies of functions.
func SameBodies(t testing.TB, file *syntax.File) {
	t.Helper()
	u := file.Unit
	afresh, _ := syntax.Parse(&cpp.Unit{Names: u.Names, Set: u.Set, Tokens: u.Tokens, Expansions: u.Expansions}, syntax.Options{})
	for fn := range file.Functions() {
		got, gotErr := file.Body(file.Decl(fn.Decl).(*syntax.FuncDef))
		want, wantErr := afresh.Body(afresh.Decl(fn.Decl).(*syntax.FuncDef))
		if fmt.Sprint(gotErr) != fmt.Sprint(wantErr) || !reflect.DeepEqual(got, want) {
			t.Fatalf("%v: the body differs from the one parsed afresh", u.Position(u.Tokens[fn.First].Loc()))
		}
	}
}

func difference(t testing.TB, what string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("%s: missing %s", what, want[i])
		case i >= len(want):
			t.Errorf("%s: surplus %s", what, got[i])
		case got[i] != want[i]:
			t.Errorf("%s: got %s, want %s", what, got[i], want[i])
		default:
			continue
		}
		return
	}
}

func texts(errs []error) []string {
	var list []string
	for _, err := range errs {
		list = append(list, err.Error())
	}
	return list
}

func numbers(list []int) []string {
	var out []string
	for _, n := range list {
		out = append(out, fmt.Sprint(n))
	}
	return out
}

func names(f *syntax.File) []string {
	var list []string
	for d := range f.AllDeclared() {
		list = append(list, fmt.Sprintf("%+v", d))
	}
	return list
}

func functions(f *syntax.File) []string {
	var list []string
	for fn := range f.Functions() {
		list = append(list, fmt.Sprintf("%+v", fn))
	}
	return list
}

// said lists what f says without trees about the names and tags of each
// declaration, and inTrees what the trees say.
func said(f *syntax.File) []string {
	var list []string
	for d := range f.AllDeclared() {
		list = append(list, fmt.Sprint(d.Decl, " ", d.Name, " ", d.At, d.Def, d.Enum))
	}
	seen := make(map[string]bool)
	eachTag(f, func(name string, _ syntax.TagKind, _ bool, _ int) {
		if tag, ok := f.Tag(name); !seen[name] {
			list = append(list, fmt.Sprint(name, " ", tag, ok))
			seen[name] = true
		}
	})
	for fn := range f.Functions() {
		at := f.Unit.Tokens[fn.NameAt].Loc()
		list = append(list, fmt.Sprint(f.Unit.Names.String(fn.Name), " ", at, fn.First, fn.Open, fn.Close, fn.Storage))
	}
	return list
}

func inTrees(f *syntax.File) []string {
	var list, defined []string
	number := 0
	visit := syntax.FileScope{
		Record: func(*syntax.Record, bool) {},
		Enum: func(e *syntax.Enum) {
			for _, item := range e.Items {
				list = append(list, fmt.Sprint(number, " ", item.Name, " ", cpp.Loc{}, false, true))
			}
		},
		Object: func(_ *syntax.Declaration, v *syntax.Declarator) {
			list = append(list, fmt.Sprint(number, " ", v.Name, " ", v.Loc(), false, false))
		},
		Function: func(fn *syntax.FuncDef) {
			list = append(list, fmt.Sprint(number, " ", fn.Name, " ", fn.NameAt, true, false))
			defined = append(defined, fmt.Sprint(fn.Name, " ", fn.NameAt, fn.First, fn.Open, fn.Close, fn.Storage))
		},
	}
	var d syntax.Decl
	for number, d = range f.Decls() {
		visit.Visit(d)
	}
	tags := make(map[string]*syntax.Tag)
	var order []string
	eachTag(f, func(name string, kind syntax.TagKind, defines bool, decl int) {
		if tags[name] == nil {
			tags[name] = &syntax.Tag{Kind: kind, Definition: -1}
			order = append(order, name)
		}
		if defines && tags[name].Definition < 0 {
			tags[name].Definition = decl
		}
	})
	for _, name := range order {
		list = append(list, fmt.Sprint(name, " ", *tags[name], true))
	}
	return append(list, defined...)
}

// eachTag tells the tags of file scope in the trees of f.
func eachTag(f *syntax.File, tell func(name string, kind syntax.TagKind, defines bool, decl int)) {
	number := 0
	visit := syntax.FileScope{
		Record: func(r *syntax.Record, defines bool) {
			kind := syntax.StructTag
			if r.Union {
				kind = syntax.UnionTag
			}
			if r.Tag != "" {
				tell(r.Tag, kind, defines, number)
			}
		},
		Enum: func(e *syntax.Enum) {
			if e.Tag != "" {
				tell(e.Tag, syntax.EnumTag, true, number)
			}
		},
		Object:   func(*syntax.Declaration, *syntax.Declarator) {},
		Function: func(*syntax.FuncDef) {},
	}
	var d syntax.Decl
	for number, d = range f.Decls() {
		visit.Visit(d)
	}
}
