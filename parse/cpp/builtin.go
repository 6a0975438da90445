package cpp

import (
	"strings"

	"ptreview/parse/source"
)

// builtin is a macro the preprocessor computes.
type builtin uint8

const (
	noBuiltin builtin = iota
	builtinLine
	builtinFile
	builtinBaseFile
	builtinFileName
	builtinIncludeLevel
	builtinCounter
	builtinDate
	builtinTime
	builtinTimestamp
	builtinPragma
	builtinHasInclude
	builtinHasIncludeNext
	builtinHasAttribute
	builtinHasCAttribute
	builtinHasBuiltin
	builtinHasFeature
	builtinAnswer // an entry of defineAnswers
)

// builtins lists the built-in macros of gcc 12.
var builtins = [...]struct {
	sym Sym
	b   builtin
}{
	{symLINE, builtinLine},
	{symFILE, builtinFile},
	{symBaseFile, builtinBaseFile},
	{symFileName, builtinFileName},
	{symIncludeLevel, builtinIncludeLevel},
	{symCounter, builtinCounter},
	{symDATE, builtinDate},
	{symTIME, builtinTime},
	{symTimestamp, builtinTimestamp},
	{symPragmaOp, builtinPragma},
	{symHasInclude, builtinHasInclude},
	{symHasIncludeNext, builtinHasIncludeNext},
	{symHasAttribute, builtinHasAttribute},
	{symHasCppAttribute, builtinHasAttribute},
	{symHasCAttribute, builtinHasCAttribute},
	{symHasBuiltin, builtinHasBuiltin},
}

func (r *reader) defineBuiltins() {
	for i, b := range builtins {
		r.define(b.sym, macroState{macro: r.cache.builtins[i], builtin: b.b})
	}
}

// builtinMacros makes the definitions that stand for the built-in macros.
func builtinMacros(n *Names) []*Macro {
	list := make([]*Macro, len(builtins))
	for i, b := range builtins {
		list[i] = &Macro{Name: n.String(b.sym), Sym: b.sym}
	}
	return list
}

// The time a unit is read does not matter; it is always this.
const (
	fixedDate      = `"Jan  1 1970"`
	fixedTime      = `"00:00:00"`
	fixedTimestamp = `"Thu Jan  1 00:00:00 1970"`
)

// enterBuiltin replaces the built-in macro t, which stands at a place as
// stream.at has it; false if it stays as it is.
func (r *reader) enterBuiltin(b builtin, t Token, at source.Pos) bool {
	res := t
	res.Flags = 0
	res.Kind = String
	switch b {
	case builtinPragma:
		return r.pragmaOperator(t)
	case builtinLine:
		if r.bound(symHasFeature) {
			res = r.numberToken(res, int64(r.clangLineOf(t)))
		} else {
			res = r.numberToken(res, int64(r.lineOf(at)))
		}
	case builtinFile:
		r.askFile()
		res.Sym = r.names.Intern(quote(r.frame().name()))
	case builtinBaseFile:
		r.spoil()
		res.Sym = r.names.Intern(quote(r.baseFile()))
	case builtinFileName:
		r.askFile()
		name := r.frame().name()
		res.Sym = r.names.Intern(quote(name[strings.LastIndexByte(name, '/')+1:]))
	case builtinIncludeLevel:
		r.spoil()
		res = r.numberToken(res, int64(len(r.frames)-1))
	case builtinCounter:
		r.askCounter()
		res = r.numberToken(res, int64(r.counter))
		r.counter++
	case builtinDate:
		res.Sym = r.names.Intern([]byte(fixedDate))
	case builtinTime:
		res.Sym = r.names.Intern([]byte(fixedTime))
	case builtinTimestamp:
		res.Sym = r.names.Intern([]byte(fixedTimestamp))
	default:
		n, ok := r.has(b, t)
		if !ok {
			n = 0
		}
		res = r.numberToken(res, n)
	}
	r.pad = padFrom(t)
	r.spend(1)
	r.enterStream(stream{toks: append(r.buffer(), res), tail: padNone, pooled: true})
	return true
}

// frame returns the file being read.
func (r *reader) frame() *frame { return &r.frames[len(r.frames)-1] }

// name is what __FILE__ gives for f.
func (f *frame) name() string {
	if f.presumed != "" {
		return f.presumed
	}
	return f.spelled
}

// baseFile is the unit's main file; while forced files are read, the one that
// is read.
func (r *reader) baseFile() string {
	return r.frames[0].spelled
}

// lineOf returns the line gcc takes a __LINE__ for that stands at a place: in a
// use of a function-like macro that place, which is where it, or the macro that
// brought it in, is written in the file or in an argument not yet put in its
// place; otherwise that of the outermost use.
func (r *reader) lineOf(at source.Pos) int {
	pos := r.topUse
	if r.topFunc {
		pos = at
	}
	f := r.frame()
	if !f.lx.File.Contains(pos) {
		return r.cache.Set.Position(pos).Line
	}
	return f.lx.File.Line(f.lx.File.Offset(pos)) + f.line
}

// clangLineOf returns the line clang takes the __LINE__ t for: its own where it
// is written in a file, otherwise that of the end of the use it comes from.
func (r *reader) clangLineOf(t Token) int {
	pos := t.Pos
	if t.Exp != 0 {
		pos = r.useEnd
	}
	f := r.frame()
	if !f.lx.File.Contains(pos) {
		return r.cache.Set.Position(pos).Line
	}
	return f.lx.File.Line(f.lx.File.Offset(pos)) + f.line
}

// has answers a __has_ operator named t; false if it is malformed, which is
// reported.
func (r *reader) has(b builtin, t Token) (int64, bool) {
	if (b == builtinHasInclude || b == builtinHasIncludeNext) && !r.inIf {
		r.errorf(r.use(t), "%q used outside of preprocessing directive", r.names.String(t.Sym))
		return 0, false
	}
	r.pad = padNone
	paren := r.openParenExpanding()
	if !paren {
		r.errorf(r.use(t), "missing '(' after %q", r.names.String(t.Sym))
		return 0, false
	}
	var ok bool
	var n int64
	switch b {
	case builtinHasInclude, builtinHasIncludeNext:
		n, ok = r.hasInclude(t, b == builtinHasIncludeNext)
	default:
		n, ok = r.hasName(b, t)
	}
	if !ok {
		return 0, false
	}
	if u := r.pull(); u.Sym != RParen || u.Kind != Punct {
		r.errorf(r.use(t), "missing ')' after %q operand", r.names.String(t.Sym))
		return 0, false
	}
	return n, true
}

// openParenExpanding consumes a parenthesis, which a macro may bring.
func (r *reader) openParenExpanding() bool {
	u := r.pull()
	return u.Kind == Punct && u.Sym == LParen
}

// hasInclude reads the operand of __has_include.
func (r *reader) hasInclude(t Token, next bool) (int64, bool) {
	u := r.pull()
	name := spelling(r.names, u)
	switch {
	case u.Kind == String || u.Kind == Header:
	case u.Kind == Punct && u.Sym == Lt:
		toks := []Token{u}
		for u.Sym != Gt {
			if u = r.pull(); u.Kind == EOF {
				r.errorf(r.use(t), "missing terminating > character")
				return 0, false
			}
			toks = append(toks, u)
		}
		name = spellAll(r.names, toks)
	default:
		r.errorf(r.use(t), "operator %q requires a header-name", r.names.String(t.Sym))
		return 0, false
	}
	r.spoil()
	lx, err := r.find(name, next)
	switch {
	case err != nil:
		r.fatal = err
	case lx.lx != nil:
		return 1, true
	}
	return 0, true
}

// hasName reads the operand of __has_attribute and the like.
func (r *reader) hasName(b builtin, t Token) (int64, bool) {
	u := r.pull()
	if u.Kind != Ident {
		r.errorf(r.use(t), "%q without an identifier", r.names.String(t.Sym))
		return 0, false
	}
	name := r.names.String(u.Sym)
	switch b {
	case builtinHasBuiltin:
		return truth(r.hasBuiltin(name)), true
	case builtinHasFeature:
		return truth(r.answers(r.names.String(t.Sym), bare(name), false)), true
	}
	prefix := ""
	if s := r.peekScope(); s {
		prefix = name
		v := r.pull()
		if v.Kind != Ident {
			r.errorf(r.use(t), "attribute identifier required after scope")
			return 0, false
		}
		name = r.names.String(v.Sym)
	}
	return r.attribute(b, prefix, name), true
}

// peekScope consumes a :: if it comes next.
func (r *reader) peekScope() bool {
	var rest []Token
	var next *int
	if n := len(r.stack); n > 0 {
		s := &r.stack[n-1]
		rest, next = s.toks[s.next:], &s.next
	} else {
		f := r.frame()
		rest, next = f.lx.Tokens[f.tok:f.end], &f.tok
	}
	if len(rest) < 2 || rest[0].Sym != Colon || rest[1].Sym != Colon {
		return false
	}
	*next += 2
	return true
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// attribute answers for scope::name; a standard attribute has a date.
func (r *reader) attribute(b builtin, scope, name string) int64 {
	name = bare(name)
	switch {
	case scope != "":
		return truth(bare(scope) == "gnu" && r.hasAttribute(name))
	case standardAttribute(name) != 0:
		return standardAttribute(name)
	}
	return truth(b != builtinHasCAttribute && r.hasAttribute(name))
}

func (r *reader) hasAttribute(name string) bool {
	return r.answers("__has_attribute", name, listed(commonAttributes, name))
}

// answers looks for the target's own answer to a question in the table of
// macros, so that what depends on one is not taken over where it is another.
func (r *reader) answers(operator, name string, common bool) bool {
	question := operator + "(" + name + ")"
	if common {
		return !r.bound(r.names.Intern([]byte(lacking + question)))
	}
	return r.bound(r.names.Intern([]byte(question)))
}

// lacking stands before a question whose answer is no. Neither it nor a
// question is a name that a macro can have.
const lacking = "!"

// defineAnswers enters the target's own answers, and the operators that only
// clang has.
func (r *reader) defineAnswers() {
	if r.opt.Clang {
		for i, sym := range [...]Sym{symHasFeature, symHasExtension} {
			r.define(sym, macroState{macro: r.cache.clang[i], builtin: builtinHasFeature})
		}
	}
	define := func(question string) {
		m := r.cache.answer(question)
		r.define(m.Sym, macroState{macro: m, builtin: builtinAnswer})
	}
	for _, q := range r.opt.Has {
		define(q)
	}
	for _, q := range r.opt.Lacks {
		define(lacking + q)
	}
}

// bare returns an attribute's name without the underscores around it.
func bare(name string) string {
	if len(name) > 4 && strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__") {
		return name[2 : len(name)-2]
	}
	return name
}

// standardAttribute is the date gcc 12 gives for an attribute of C2x, or 0.
func standardAttribute(name string) int64 {
	switch name {
	case "deprecated", "fallthrough", "maybe_unused":
		return 201904
	case "nodiscard":
		return 202003
	}
	return 0
}

func (r *reader) hasBuiltin(name string) bool {
	return r.answers("__has_builtin", name, listed(builtinNames, name))
}
