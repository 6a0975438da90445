package cpp

import (
	"context"
	"io/fs"

	"ptreview/parse/source"
)

// Tail reads f as if it stood at the end of u: with the macros in force there,
// and the limits and opaque macros of opt. The tokens say where they are
// spelled but not which macros they came through, so that their places mean
// the same in u; the result has no expansions and no macros of its own.
func (u *Unit) Tail(ctx context.Context, c *Cache, f *source.File, opt *Options) (*Unit, error) {
	own := Options{Opaque: opt.Opaque, Has: opt.Has, Lacks: opt.Lacks, Clang: opt.Clang, Limits: opt.Limits}
	own.Files = c.Files(noFiles{})
	r := &reader{
		ctx: ctx, cache: c, names: c.Names, opt: &own, files: own.Files,
		limit: own.Limits.withDefaults(), pad: padNone,
		unit: &Unit{Names: c.Names, Set: c.Set}, opaque: make(map[Sym]bool),
	}
	r.takeScratch()
	for _, o := range own.Opaque {
		r.opaque[c.Names.Intern([]byte(o))] = true
	}
	r.search = newSearchPath(r.files, &own)
	r.defineBuiltins()
	r.defineAnswers()
	for _, m := range u.Macros() {
		r.define(m.Sym, macroState{macro: m, opaque: m.Function && r.opaque[m.Sym]})
	}
	r.push(frame{lx: c.Lex(f), path: f.Path, spelled: f.Path, found: foundMain}, 0)
	r.run()
	r.finish()
	for i := range r.unit.Tokens {
		r.unit.Tokens[i].Exp = 0
	}
	r.unit.Expansions = r.unit.Expansions[:1]
	r.unit.macros = nil
	return r.unit, r.fatal
}

// noFiles is an empty file system.
type noFiles struct{}

func (noFiles) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}
