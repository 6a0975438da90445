package cpp

import (
	"sync"
	"sync/atomic"

	"ptreview/parse/source"
)

// Lexed is a file as tokens, its directives found and its conditional groups
// linked. It says nothing about which groups are alive, is immutable, and is
// shared by all units that read the file.
type Lexed struct {
	File *source.File
	// Tokens holds every token of the file, those of directives too, closed
	// by one of kind EOF.
	Tokens []Token

	names    *Names
	items    []item
	macros   []atomic.Pointer[Macro] // of the #define items, made on demand
	guard    Sym                     // the macro that guards the whole file, or 0
	once     bool                    // has #pragma once
	problems []problem

	structure sync.Once
	groups    []Group
	defines   []DefineAt
	includes  []IncludeAt
}

// itemKind tells directives from text.
type itemKind uint8

const (
	itemText itemKind = iota
	itemNull          // a lone #
	itemDefine
	itemUndef
	itemInclude
	itemIncludeNext
	itemImport
	itemIf
	itemIfdef
	itemIfndef
	itemElif
	itemElifdef
	itemElifndef
	itemElse
	itemEndif
	itemLine
	itemLinemarker // # 12 "file"
	itemError
	itemWarning
	itemPragma
	itemIdent
	itemStray   // #else, #elif or #endif without #if
	itemAfter   // #else or #elif after #else
	itemUnknown // no directive gcc knows
)

// item is a run of text or one directive. Of a directive tokens [first,end)
// are what follows its name.
type item struct {
	kind       itemKind
	hash       uint32 // the token #; of text: first
	first, end uint32
	next       int32 // of a conditional: its next #elif, #else or #endif; len(items) if none
	macro      int32 // of a #define: index in Lexed.macros
}

// problem is what is wrong with a file whoever reads it.
type problem struct {
	offset  int
	message string
}

func (lx *Lexed) problem(offset int, message string) {
	lx.problems = append(lx.problems, problem{offset, message})
}

// Code returns the tokens outside directives, closed by one of kind EOF.
func (lx *Lexed) Code() []Token {
	var code []Token
	for i := range lx.items {
		if it := &lx.items[i]; it.kind == itemText {
			code = append(code, lx.Tokens[it.first:it.end]...)
		}
	}
	return append(code, lx.Tokens[len(lx.Tokens)-1])
}

// pendingIf is a conditional whose #endif has not been read.
type pendingIf struct {
	open    int // item of its #if
	last    int // item of its latest #if, #elif or #else
	hasElse bool
}

// endText closes the text that began at token first.
func (l *lexer) endText(first int) {
	if n := len(l.out.Tokens); n > first {
		l.out.items = append(l.out.items, item{kind: itemText, hash: uint32(first), first: uint32(first), end: uint32(n)})
	}
}

// directive reads the directive whose # is at the current offset.
func (l *lexer) directive() {
	it := item{hash: uint32(len(l.out.Tokens))}
	l.punctuator()
	kind := itemNull
	if l.moreInLine() {
		l.token()
		kind = l.directiveKind(l.out.Tokens[len(l.out.Tokens)-1])
	}
	it.first = uint32(len(l.out.Tokens))
	if kind == itemUnknown || kind == itemLinemarker {
		it.first--
	}
	l.operands(kind)
	it.end = uint32(len(l.out.Tokens))
	it.kind = kind
	l.link(&it)
	l.out.items = append(l.out.items, it)
}

// moreInLine skips white space; false at the end of the line.
func (l *lexer) moreInLine() bool {
	l.space()
	return l.pos < len(l.src) && l.src[l.pos] != '\n'
}

// operands reads the rest of a directive.
func (l *lexer) operands(kind itemKind) {
	switch kind {
	case itemInclude, itemIncludeNext, itemImport:
		l.headers, l.strings = true, true
	}
	conditional := kind == itemIf || kind == itemElif
	for l.moreInLine() {
		l.token()
		// A header name may follow __has_include( as well.
		if conditional {
			l.headers = l.afterHasInclude()
			l.strings = l.headers
		} else {
			l.headers, l.strings = false, false
		}
	}
	l.headers, l.strings = false, false
}

func (l *lexer) afterHasInclude() bool {
	t := l.out.Tokens
	n := len(t)
	if n > 1 && t[n-1].Sym == LParen {
		n--
	}
	s := t[n-1].Sym
	return s == symHasInclude || s == symHasIncludeNext
}

// directiveKind returns the kind of the directive with the given name.
func (l *lexer) directiveKind(name Token) itemKind {
	if name.Kind == Number {
		return itemLinemarker
	}
	switch name.Sym {
	case symDefine:
		return itemDefine
	case symUndef:
		return itemUndef
	case symInclude:
		return itemInclude
	case symIncludeNext:
		return itemIncludeNext
	case symImport:
		return itemImport
	case KwIf:
		return itemIf
	case symIfdef:
		return itemIfdef
	case symIfndef:
		return itemIfndef
	case symElif:
		return itemElif
	case symElifdef:
		return itemElifdef
	case symElifndef:
		return itemElifndef
	case KwElse:
		return itemElse
	case symEndif:
		return itemEndif
	case symLineDir:
		return itemLine
	case symError:
		return itemError
	case symWarning:
		return itemWarning
	case symPragmaDir:
		return itemPragma
	case symIdent, symSccs:
		return itemIdent
	}
	return itemUnknown
}

// link connects conditionals, and notes what the whole file is about.
func (l *lexer) link(it *item) {
	n := len(l.out.items)
	switch it.kind {
	case itemIf, itemIfdef, itemIfndef:
		l.pending = append(l.pending, pendingIf{n, n, false})
	case itemElif, itemElifdef, itemElifndef, itemElse, itemEndif:
		l.linkBranch(it, n)
	case itemDefine:
		it.macro = int32(len(l.out.macros))
		l.out.macros = append(l.out.macros, atomic.Pointer[Macro]{})
	case itemPragma:
		if it.end-it.first == 1 && l.out.Tokens[it.first].Sym == symOnce {
			l.out.once = true
		}
	}
}

func (l *lexer) linkBranch(it *item, n int) {
	if len(l.pending) == 0 {
		it.kind = itemStray
		return
	}
	p := &l.pending[len(l.pending)-1]
	if it.kind != itemEndif && p.hasElse {
		it.kind = itemAfter
		return
	}
	l.out.items[p.last].next = int32(n)
	p.last = n
	switch it.kind {
	case itemElse:
		p.hasElse = true
	case itemEndif:
		l.pending = l.pending[:len(l.pending)-1]
	}
}

// closeConditionals ends what the file left open and looks for a guard.
func (l *lexer) closeConditionals() {
	for i := len(l.pending) - 1; i >= 0; i-- {
		p := l.pending[i]
		l.out.items[p.last].next = int32(len(l.out.items))
	}
	if len(l.pending) > 0 {
		t := l.out.Tokens[l.out.items[l.pending[0].open].hash]
		l.out.problem(l.out.File.Offset(t.Pos), "unterminated conditional directive")
		return
	}
	l.out.guard = l.out.findGuard()
}

// findGuard returns the macro X if the whole file stands in #ifndef X or
// #if !defined(X), without #else, and 0 otherwise.
func (lx *Lexed) findGuard() Sym {
	if len(lx.items) < 2 {
		return 0
	}
	first := &lx.items[0]
	if int(first.next) != len(lx.items)-1 {
		return 0
	}
	op := lx.Tokens[first.first:first.end]
	switch {
	case first.kind == itemIfndef && len(op) == 1 && op[0].Kind == Ident:
		return op[0].Sym
	case first.kind != itemIf || len(op) < 3 || op[0].Sym != Not || op[1].Sym != symDefined:
		return 0
	case len(op) == 3 && op[2].Kind == Ident:
		return op[2].Sym
	case len(op) == 5 && op[2].Sym == LParen && op[3].Kind == Ident && op[4].Sym == RParen:
		return op[3].Sym
	}
	return 0
}
