package cpp

import "strconv"

// directive executes a directive of f, the current file.
func (r *reader) directive(f *frame, it *item) {
	switch it.kind {
	case itemDefine:
		r.defineDirective(f, it)
	case itemUndef:
		if t, ok := r.macroName(f, it); ok {
			r.undefine(t)
		}
	case itemInclude, itemIncludeNext, itemImport:
		r.include(f, it)
	case itemIf, itemIfdef, itemIfndef:
		if !r.condition(f, it) {
			r.skip(it)
		}
	case itemElif, itemElifdef, itemElifndef, itemElse:
		r.skipToEnd(f, it)
	case itemLine, itemLinemarker:
		r.line(f, it)
	case itemError, itemWarning:
		r.diagnostic(f, it)
	case itemPragma:
		r.pragmaDirective(f, it)
	case itemStray:
		r.errorf(f.lx.Tokens[it.hash].Pos, "#%s without #if", r.directiveName(f, it))
	case itemAfter:
		r.errorf(f.lx.Tokens[it.hash].Pos, "#%s after #else", r.directiveName(f, it))
	case itemUnknown:
		r.unknown(f, it)
	}
}

func (r *reader) directiveName(f *frame, it *item) string {
	return r.names.String(f.lx.Tokens[it.hash+1].Sym)
}

// unknown reports a directive gcc does not know. The assertions it knows
// change nothing a C program can see.
func (r *reader) unknown(f *frame, it *item) {
	name := f.lx.Tokens[it.first]
	if name.Sym == symAssert || name.Sym == symUnassert {
		return
	}
	r.errorf(name.Pos, "invalid preprocessing directive #%s", spelling(r.names, name))
}

func (r *reader) defineDirective(f *frame, it *item) {
	m, err := f.lx.macro(it)
	if err != nil {
		r.error(err.at.Pos, err.message)
		return
	}
	if old := r.lookup(m.Sym); old != nil && old.macro != m && !sameMacro(old, m) {
		r.warn(m.Pos, strconv.Quote(m.Name)+" redefined")
	}
	r.define(m.Sym, macroState{macro: m, opaque: m.Function && r.opaque[m.Sym]})
}

// sameMacro reports whether m is no news where old is in force.
func sameMacro(old *macroState, m *Macro) bool {
	o := old.macro
	if old.builtin != 0 || o.Function != m.Function || o.Variadic != m.Variadic ||
		len(o.Params) != len(m.Params) || len(o.Body) != len(m.Body) {
		return false
	}
	for i := range o.Params {
		if o.Params[i] != m.Params[i] {
			return false
		}
	}
	for i := range o.Body {
		a, b := o.Body[i], m.Body[i]
		if a.Sym != b.Sym || a.Kind != b.Kind || i > 0 && (a.Flags^b.Flags)&(SpaceBefore|Digraph) != 0 {
			return false
		}
	}
	return true
}

// macroName returns the name behind #undef, #ifdef or #ifndef.
func (r *reader) macroName(f *frame, it *item) (Token, bool) {
	pos := f.lx.Tokens[it.hash].Pos
	if it.first == it.end {
		r.errorf(pos, "no macro name given in #%s directive", r.directiveName(f, it))
		return Token{}, false
	}
	t := f.lx.Tokens[it.first]
	if t.Kind != Ident {
		r.error(t.Pos, "macro names must be identifiers")
		return Token{}, false
	}
	if it.end-it.first > 1 {
		r.warn(f.lx.Tokens[it.first+1].Pos, "extra tokens at end of #"+r.directiveName(f, it)+" directive")
	}
	return t, true
}

func (r *reader) undefine(t Token) {
	if d := r.lookup(t.Sym); d != nil {
		if d.builtin != 0 {
			r.warn(t.Pos, "undefining "+strconv.Quote(r.names.String(t.Sym)))
		}
		r.drop(t.Sym)
	}
}

// condition evaluates an #if, #ifdef, #ifndef, or an #elif like one.
func (r *reader) condition(f *frame, it *item) bool {
	switch it.kind {
	case itemIf, itemElif:
		return r.evaluate(f.lx.Tokens[it.hash], f.lx.Tokens[it.first:it.end])
	case itemIfdef, itemElifdef:
		t, ok := r.macroName(f, it)
		return ok && r.lookup(t.Sym) != nil
	}
	t, ok := r.macroName(f, it)
	return ok && r.lookup(t.Sym) == nil
}

// skip leaves out the group that it begins, and those after it up to the
// first whose condition holds. Dead groups are jumped over.
func (r *reader) skip(it *item) {
	f := r.frame()
	for r.fatal == nil {
		next := int(it.next)
		if next >= len(f.lx.items) {
			f.item = next
			return
		}
		it = &f.lx.items[next]
		f.item = next + 1
		r.spend(1)
		if it.kind == itemEndif || it.kind == itemElse || r.condition(f, it) {
			return
		}
	}
}

// skipToEnd leaves out the remaining groups of the conditional that it, the
// end of a group that was read, belongs to.
func (r *reader) skipToEnd(f *frame, it *item) {
	for it.kind != itemEndif {
		next := int(it.next)
		f.item = next
		if next >= len(f.lx.items) {
			return
		}
		it = &f.lx.items[next]
		f.item = next + 1
	}
}

// line executes #line or a line marker.
func (r *reader) line(f *frame, it *item) {
	r.spoil()
	toks := f.lx.Tokens[it.first:it.end]
	hash := f.lx.Tokens[it.hash]
	if it.kind == itemLine {
		toks = r.expandLine(hash, toks)
	}
	if len(toks) == 0 || toks[0].Kind != Number {
		r.error(hash.Pos, "#line without a line number")
		return
	}
	n, err := strconv.ParseUint(spelling(r.names, toks[0]), 10, 31)
	if err != nil {
		r.errorf(hash.Pos, "%q after #line is not a positive integer", spelling(r.names, toks[0]))
		return
	}
	f.line = int(n) - f.lx.File.Line(f.lx.File.Offset(hash.Pos)) - 1
	if len(toks) > 1 && toks[1].Kind == String {
		if name, ok := unquote(spelling(r.names, toks[1])); ok {
			f.presumed = name
		}
	}
}

// diagnostic reports #error and #warning.
func (r *reader) diagnostic(f *frame, it *item) {
	message := "#" + r.directiveName(f, it)
	if it.end > it.first {
		message += " " + spellAll(r.names, f.lx.Tokens[it.first:it.end])
	}
	if it.kind == itemError {
		r.error(f.lx.Tokens[it.hash].Pos, message)
		return
	}
	r.warn(f.lx.Tokens[it.hash].Pos, message)
}

// expandLine returns the operands of a directive with macros expanded.
func (r *reader) expandLine(hash Token, toks []Token) []Token {
	return r.inDirective(hash, toks, func() []Token { return r.drain(nil, len(r.stack)-1) })
}

// inDirective runs read on the operands of a directive.
func (r *reader) inDirective(hash Token, toks []Token, read func() []Token) []Token {
	top, fn, line, p := r.topUse, r.topFunc, r.inLine, r.pad
	r.topUse, r.topFunc, r.inLine, r.pad = hash.Pos, false, true, padNone
	r.inArg++ // what is read does not go into the unit
	r.enterStream(stream{toks: toks, barrier: true})
	base := len(r.stack) - 1
	out := read()
	r.stack = r.stack[:base]
	r.inArg--
	r.topUse, r.topFunc, r.inLine, r.pad = top, fn, line, p
	return out
}
