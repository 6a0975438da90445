package syntax

import (
	"slices"

	"ptreview/parse/cpp"
)

// outline is what a run of external declarations declares, without their
// trees: enough to know which of them is wanted, and to parse that one then.
//
// Parsing them once has shown that they are correct and where each ends. In
// another unit with the same tokens the same is true as long as the names the
// parser asked about are types, or not, as they were: nothing else that stands
// before a declaration can change how it is parsed, and nothing behind it does.
// Declarations with errors are in no outline that units share.
//
// Indexes of tokens are counted from the beginning of the stretch the run
// stands in; numbers of declarations and names from the first of the outline.
type outline struct {
	start, end int32 // tokens
	asks       []ask
	extra      int // see parser.extra
	decls      []declShape
	names      []nameShape
	tags       []tagShape
	asserts    []int32 // declarations that are static assertions
	funcs      []int32 // names that function definitions declare
}

// ask is a name that the parser wanted to know about, the upper bits, and
// whether it is a type, the lowest one.
type ask uint32

// declShape is where a declaration stands, and of a function definition the {
// of its body.
type declShape struct {
	first, end, open int32
}

// nameShape is an ordinary name that a declaration declares.
type nameShape struct {
	sym     cpp.Sym
	decl    int32
	token   int32 // where the name stands, -1 for an enumerator
	storage Storage
	kind    nameKinds
}

// nameKinds tells what a name is declared as.
type nameKinds uint8

const (
	funcName  nameKinds = 1 << iota // its declarator plainly is a function
	defName                         // of a function definition
	initName                        // has an initialiser
	aliasName                       // has attribute alias
	enumName                        // is an enumerator
)

// tagShape is the first mention of a tag in an outline, or its definition.
type tagShape struct {
	sym     cpp.Sym
	decl    int32
	kind    TagKind
	defines bool
}

// askList collects what the parser asks about names of file scope, each name
// once: later answers follow from the first.
type askList struct {
	list  []ask
	known symTable // name → round it was met in
	round int32
}

// restart forgets what was asked.
func (a *askList) restart() {
	a.list = a.list[:0]
	a.round++
}

// settle notes that what name means follows from here on.
func (a *askList) settle(name cpp.Sym) bool {
	met := a.known.ref(name)
	if *met == a.round {
		return false
	}
	*met = a.round
	return true
}

func (a *askList) add(name cpp.Sym, isType bool) {
	if !a.settle(name) {
		return
	}
	q := ask(name) << 1
	if isType {
		q |= 1
	}
	a.list = append(a.list, q)
}

// outliner makes outlines of declarations as they are parsed.
type outliner struct {
	p     *parser
	base  int     // the token that indexes are counted from
	out   outline // its slices are used again
	trees []Decl
	asked int // how many of the questions were asked up to out.end
	extra int // that of the parser when the outline began

	scope FileScope
	decl  int32
	token int      // where to look for the next name
	tags  symTable // tag → round it was met in
	round int32
}

func newOutliner(p *parser) *outliner {
	o := &outliner{p: p}
	o.scope = FileScope{Record: o.record, Enum: o.enum, Object: o.object, Function: o.function}
	return o
}

// begin starts an outline at the parser's place, with indexes counted from
// base.
func (o *outliner) begin(base int) {
	o.base = base
	o.out.start, o.out.end, o.out.extra = int32(o.p.pos-base), int32(o.p.pos-base), 0
	o.out.decls, o.out.names, o.out.tags = o.out.decls[:0], o.out.names[:0], o.out.tags[:0]
	o.out.asserts, o.out.funcs = o.out.asserts[:0], o.out.funcs[:0]
	o.trees = nil
	o.asked, o.extra = 0, o.p.extra
	o.round++
	o.p.scope.asks.restart()
}

// add describes a declaration that was parsed from token first on, nil for a
// lone semicolon.
func (o *outliner) add(first int, d Decl) {
	o.out.end = int32(o.p.pos - o.base)
	o.asked, o.out.extra = len(o.p.scope.asks.list), o.p.extra-o.extra
	if d == nil {
		return
	}
	o.decl, o.token = int32(len(o.out.decls)), first
	o.out.decls = append(o.out.decls, declShape{first: int32(first - o.base), end: o.out.end})
	o.trees = append(o.trees, d)
	if _, ok := d.(*StaticAssert); ok {
		o.out.asserts = append(o.out.asserts, o.decl)
	}
	o.scope.Visit(d)
}

// finish returns the outline and its trees.
func (o *outliner) finish() (*outline, []Decl) {
	out := o.out
	out.asks = slices.Clone(o.p.scope.asks.list[:o.asked])
	out.decls, out.names, out.tags = slices.Clone(out.decls), slices.Clone(out.names), slices.Clone(out.tags)
	out.asserts, out.funcs = slices.Clone(out.asserts), slices.Clone(out.funcs)
	return &out, o.trees
}

func (o *outliner) record(r *Record, defines bool) {
	kind := StructTag
	if r.Union {
		kind = UnionTag
	}
	o.tag(r.Tag, kind, defines)
}

func (o *outliner) tag(name string, kind TagKind, defines bool) {
	if name == "" {
		return
	}
	sym := o.p.names.Find(name)
	met := o.tags.ref(sym)
	if *met == o.round && !defines {
		return
	}
	*met = o.round
	o.out.tags = append(o.out.tags, tagShape{sym: sym, decl: o.decl, kind: kind, defines: defines})
}

func (o *outliner) enum(e *Enum) {
	o.tag(e.Tag, EnumTag, true)
	for _, item := range e.Items {
		o.out.names = append(o.out.names, nameShape{sym: o.p.names.Find(item.Name), decl: o.decl, token: -1, kind: enumName})
	}
}

func (o *outliner) object(d *Declaration, v *Declarator) {
	var kind nameKinds
	if isFunc(v.Type) {
		kind |= funcName
	}
	if v.Init != nil {
		kind |= initName
	}
	for _, a := range v.Attrs {
		if a.Name == "alias" {
			kind |= aliasName
		}
	}
	o.name(v.Name, v.Loc(), d.Storage, kind)
}

func isFunc(t TypeExpr) bool {
	_, ok := t.(*Func)
	return ok
}

func (o *outliner) function(fn *FuncDef) {
	o.name(fn.Name, fn.NameAt, fn.Storage, funcName|defName)
	o.out.decls[o.decl].open = int32(fn.Open - o.base)
	o.out.funcs = append(o.out.funcs, int32(len(o.out.names)-1))
}

// name adds a name and finds the token it stands at.
func (o *outliner) name(name string, at cpp.Loc, storage Storage, kind nameKinds) {
	sym := o.p.names.Find(name)
	for t := o.p.toks; o.token < o.p.pos; o.token++ {
		if t[o.token].Sym == sym && t[o.token].Loc() == at {
			break
		}
	}
	o.out.names = append(o.out.names, nameShape{
		sym: sym, decl: o.decl, token: int32(o.token - o.base), storage: storage, kind: kind,
	})
}

// maxOutlines bounds what is kept of one stretch: where it was entered, and
// which names were types, differ little.
const maxOutlines = 8

// knownOutlines are the outlines of a stretch, latest first.
type knownOutlines struct{ list []*outline }

// outlinesOf returns what is known of a stretch.
func outlinesOf(n *cpp.Notes) *knownOutlines {
	known, _ := n.Load().(*knownOutlines)
	return known
}

// keepOutline adds o to what is known of a stretch. Where several units do so
// at once one may be lost.
func keepOutline(n *cpp.Notes, o *outline) {
	var old []*outline
	if known := outlinesOf(n); known != nil {
		old = known.list
	}
	list := append(make([]*outline, 0, len(old)+1), o)
	n.Store(&knownOutlines{append(list, old[:min(len(old), maxOutlines-1)]...)})
}
