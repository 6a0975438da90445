package syntax

import (
	"bytes"
	"sort"
	"strings"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

const (
	// fragmentDepth is the nesting that fragments may have.
	fragmentDepth = 200
	// fragmentWork bounds how often, on average, a token of a fragment is
	// read in attempts that fail.
	fragmentWork = 50
)

// ParseFragment reads a piece of a file, such as the lines one side of a hunk
// has: it may begin and end in the middle of a function, its macros are not
// expanded and its type names mostly unknown. Declarations that begin in the
// first column and are whole are found, among them functions with bodies; the
// tokens between them become BadDecls, whose errors are returned. A name is
// taken for a type where the grammar wants one, or where C is hardly written
// otherwise. A body with conditional directives in it is an error of
// File.Body, as it is not known which lines count. Directives are left to
// cpp.Lexed.
func ParseFragment(cache *cpp.Cache, f *source.File) (*File, []error) {
	lexed := cache.Lex(f)
	unit := &cpp.Unit{Names: cache.Names, Set: cache.Set, Tokens: withoutAnnotations(cache.Names, lexed.Code())}
	p := newParser(unit, 0, tokenCount(unit), fragmentDepth)
	p.guess = true
	p.closing = closingBraces(unit.Tokens)
	file := newFile(unit, Options{MaxDepth: fragmentDepth})
	file.guess = true
	for _, g := range lexed.Conditionals() {
		file.branches = append(file.branches, g.Pos)
	}
	p.scope = scope{file: file.typedefs, before: len(unit.Tokens), all: true, asks: new(askList)}
	b := &fileParser{p: p, file: file, out: newOutliner(p)}
	b.fragment(f)
	return file, file.finish(b.errs)
}

// fragment tries a declaration at each line that begins in the first column.
func (b *fileParser) fragment(f *source.File) {
	p := b.p
	b.out.begin(0)
	work := fragmentWork * (p.end + 1000)
	skipped := 0   // first token not yet in a declaration
	var why *Error // what stopped the first attempt since
	for p.tok.Kind != cpp.EOF && work > 0 {
		start := p.pos
		if !firstColumn(f, p.tok) {
			p.next()
			continue
		}
		decl := p.externalDecl()
		if p.err != nil {
			work -= p.errAt - start + 1
			err := p.takeError()
			if why == nil {
				why = err
			}
			p.seek(start + 1)
			continue
		}
		b.skip(skipped, start, why)
		b.out.add(start, decl)
		skipped, why = p.pos, nil
	}
	b.skip(skipped, p.end, why)
	b.endRun(nil)
}

// skip stands a BadDecl for the tokens from first to last, if any.
func (b *fileParser) skip(first, last int, why *Error) {
	if first >= last {
		return
	}
	at := b.p.toks[first].Loc()
	if why == nil {
		why = &Error{At: at, Pos: b.p.unit.Position(at), Msg: "no declaration begins here"}
	}
	b.errs = append(b.errs, declError{len(b.out.trees), why})
	bad := &BadDecl{First: first, Last: last, Err: why}
	bad.At = At{at}
	b.out.add(first, bad)
}

// firstColumn reports whether t is the first token of a line of f that does
// not begin with white space.
func firstColumn(f *source.File, t cpp.Token) bool {
	if t.Flags&cpp.LineStart == 0 || !f.Contains(t.Pos) {
		return false
	}
	line := f.Content[:f.Offset(t.Pos)]
	line = f.Content[bytes.LastIndexByte(line, '\n')+1:]
	return len(line) > 0 && line[0] != ' ' && line[0] != '\t'
}

// closingBraces returns the index of the matching brace for each index of an
// opening one.
func closingBraces(toks []cpp.Token) map[int]int {
	closing := make(map[int]int)
	var open []int
	for i, t := range toks {
		switch t.Sym {
		case cpp.LBrace:
			open = append(open, i)
		case cpp.RBrace:
			if len(open) > 0 {
				closing[open[len(open)-1]] = i
				open = open[:len(open)-1]
			}
		}
	}
	return closing
}

// branchInside returns the place of a conditional directive between the two
// tokens, which makes what stands there ambiguous.
func (f *File) branchInside(first, last cpp.Token) (source.Pos, bool) {
	i := sort.Search(len(f.branches), func(i int) bool { return f.branches[i] > first.Pos })
	if i < len(f.branches) && f.branches[i] < last.Pos {
		return f.branches[i], true
	}
	return 0, false
}

// withoutAnnotations drops the macros that kernel declarations are decorated
// with and that mean nothing to the grammar.
func withoutAnnotations(names *cpp.Names, toks []cpp.Token) []cpp.Token {
	plain, withArgs := annotations(names)
	kept := make([]cpp.Token, 0, len(toks))
	var start cpp.Flags // LineStart if the tokens dropped last began a line
	for i := 0; i < len(toks); i++ {
		t := toks[i]
		switch {
		case t.Kind == cpp.Ident && plain[t.Sym]:
			start |= t.Flags & cpp.LineStart
			continue
		case t.Kind == cpp.Ident && withArgs[t.Sym] && i+1 < len(toks) && toks[i+1].Sym == cpp.LParen:
			if end := annotationEnd(toks, i+1); end > 0 {
				start |= t.Flags & cpp.LineStart
				i = end
				continue
			}
		}
		t.Flags |= start
		start = 0
		kept = append(kept, t)
	}
	return kept
}

// annotationEnd returns the index of the parenthesis that closes the one at
// open, or 0 if it is not near.
func annotationEnd(toks []cpp.Token, open int) int {
	depth := 0
	for i := open; i < len(toks) && i < open+maxAttrTokens/10; i++ {
		switch toks[i].Sym {
		case cpp.LParen:
			depth++
		case cpp.RParen:
			depth--
			if depth == 0 {
				return i
			}
		}
	}
	return 0
}

func annotations(names *cpp.Names) (plain, withArgs map[cpp.Sym]bool) {
	intern := func(list string) map[cpp.Sym]bool {
		set := make(map[cpp.Sym]bool)
		for _, name := range strings.Fields(list) {
			set[names.Intern([]byte(name))] = true
		}
		return set
	}
	plain = intern(`__always_inline __always_unused __attribute_const__ __bpf_kfunc __cold
		__cpuidle __deprecated __exit __exitdata __flatten __force __hot __init __initconst __initdata
		__init_or_module __iomem __kernel __kprobes __latent_entropy __malloc __maybe_unused
		__meminit __meminitdata __must_check __net_exit __net_init __noendbr __no_kasan_or_inline
		__no_kcsan __no_profile __no_sanitize_address __no_sanitize_memory __no_stack_protector __nocast
		__noinitretpoline __noreturn __notrace_funcs __packed __percpu __private __pure __randomize_layout
		__rcu __read_mostly __ref __refdata __ro_after_init __safe __sched __syscall __used __user
		__visible __weak ____cacheline_aligned ____cacheline_aligned_in_smp asmlinkage
		noinline noinline_for_stack noinstr nokprobe_inline notrace fallthrough_unused
		__no_sanitize_or_inline __no_caller_saved_registers __cacheline_aligned
		__cacheline_aligned_in_smp`)
	withArgs = intern(`__acquires __releases __must_hold __aligned __printf __scanf __section
		__alloc_size __counted_by __cond_acquires __assume_aligned __diagnose_as __realloc_size
		__nonstring __guarded_by __no_sanitize __alias`)
	return plain, withArgs
}

// looksLikeType guesses whether the unknown name n behind the current token
// is a type, in an expression behind a left parenthesis.
func (p *parser) looksLikeType(n int) bool {
	if p.scope.isOther(p.peek(n).Sym) {
		return false
	}
	if p.kernelType(p.peek(n).Sym) {
		return true
	}
	stars := 0
	for p.peek(n+1+stars).Sym == cpp.Star {
		stars++
	}
	if p.peek(n+1+stars).Sym != cpp.RParen {
		return false
	}
	if stars > 0 {
		return true
	}
	next := p.peek(n + 2)
	switch next.Kind {
	case cpp.Number, cpp.String, cpp.Char:
		return true
	case cpp.Ident:
		return !cpp.Keyword(next.Sym) || next.Sym == cpp.KwSizeof
	}
	return next.Sym == cpp.LBrace || next.Sym == cpp.Tilde || next.Sym == cpp.Not
}

// looksLikeDecl guesses whether a statement that begins with an unknown name
// declares something: "name name" and "name *name;".
func (p *parser) looksLikeDecl() bool {
	if p.tok.Kind != cpp.Ident || cpp.Keyword(p.tok.Sym) || p.scope.isOther(p.tok.Sym) {
		return false
	}
	next := p.peek(1)
	if next.Kind == cpp.Ident {
		return !cpp.Keyword(next.Sym) || qualSpec(next.Sym) != 0
	}
	n := 1
	for p.peek(n).Sym == cpp.Star || p.peek(n).Kind == cpp.Ident && qualSpec(p.peek(n).Sym) != 0 {
		n++
	}
	if n == 1 || p.peek(n).Kind != cpp.Ident {
		return false
	}
	switch p.peek(n + 1).Sym {
	case cpp.Semi, cpp.Assign, cpp.Comma, cpp.LBrack:
		return true
	}
	return false
}

// guessSpecifier takes an unknown name for a type where a declaration needs
// one.
func (p *parser) guessSpecifier() bool {
	if !p.guess {
		return false
	}
	next := p.peek(1)
	switch next.Sym {
	case cpp.Star, cpp.RParen, cpp.Comma:
		return true
	}
	return next.Kind == cpp.Ident && (!cpp.Keyword(next.Sym) || qualSpec(next.Sym) != 0) ||
		p.kernelType(p.tok.Sym)
}

// kernelType knows the kernel's type names by their look.
func (p *parser) kernelType(sym cpp.Sym) bool {
	name := p.names.String(sym)
	if len(name) > 2 && strings.HasSuffix(name, "_t") {
		return true
	}
	switch strings.TrimPrefix(name, "__") {
	case "u8", "u16", "u32", "u64", "u128", "s8", "s16", "s32", "s64", "s128",
		"le16", "le32", "le64", "be16", "be32", "be64", "sum16", "wsum", "poll":
		return true
	}
	return name == "bool" || name == "uint" || name == "ulong" || name == "ushort"
}
