package unit

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"ptreview/arch"
	"ptreview/arch/kbuild"
	"ptreview/arch/kconfig"
	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/parse/tree"
	"ptreview/semantics/types"
)

// Options says how a Reader reads.
type Options struct {
	// Plain leaves trap macros to be expanded like all others, so that the
	// token stream is the compiler's.
	Plain bool
	// Archs are the architectures that a configuration can be for; nil stands
	// for the built-in ones.
	Archs *arch.Set
	// Limits bound what one unit may cost.
	Limits cpp.Limits
}

// Reader reads units and keeps what they share: tokens of files, generated
// headers, and the units themselves. It is safe for concurrent use.
type Reader struct {
	*common
	opaque    []string
	trapTypes map[string]types.BasicKind // of uses of opaque; not changed

	done  atomic.Int64 // units read
	units map[unitKey]*unitState
}

// common is what readers share that leave different macros unexpanded.
type common struct {
	cache *cpp.Cache
	opt   Options
	archs *arch.Set

	mu       sync.Mutex // also of the units of each reader
	trees    map[tree.Tree]*cpp.Files
	kconfigs map[kconfigKey]*kconfigState
	sources  map[tree.Tree]*kconfig.Files
	shared   *kconfig.Files // the first of sources, which the others share
	classes  map[classKey]*classState
	// evaluated are the files of offsets of classes, oldest first.
	evaluated map[evaluationKey][]evaluation
}

type classKey struct {
	tree  tree.Tree
	class *Class
}

type unitKey struct {
	classKey
	path string
}

// classState is what the units of one class in one tree share.
type classState struct {
	tree  tree.Tree
	class *Class
	once  sync.Once
	err   error
	build *kbuild.Build
	// made is nil where a build folder supplies the headers.
	made  *generated
	files *cpp.Files
}

type unitState struct {
	mu   sync.Mutex
	unit *Unit
	err  error
	done bool
}

// NewReader returns a Reader whose files will belong to set.
func NewReader(set *source.Set, opt Options) *Reader {
	r := &Reader{
		common: &common{
			cache: cpp.NewCache(set), opt: opt, archs: opt.Archs,
			trees:    make(map[tree.Tree]*cpp.Files),
			kconfigs: make(map[kconfigKey]*kconfigState),
			sources:  make(map[tree.Tree]*kconfig.Files),
			classes:  make(map[classKey]*classState),

			evaluated: make(map[evaluationKey][]evaluation),
		},
		units: make(map[unitKey]*unitState),
	}
	if r.archs == nil {
		r.archs = arch.Builtin()
	}
	if !opt.Plain {
		r.opaque, r.trapTypes = arch.TrapMacros(), types.TrapMacros()
	}
	return r
}

// Leaving returns a reader like r whose units leave further function-like macros
// unexpanded, for those who recognise them by name. The bodies of such units
// cannot be typed. It shares everything with r but the units.
func (r *Reader) Leaving(macros ...string) *Reader {
	return &Reader{
		common: r.common, trapTypes: r.trapTypes,
		opaque: slices.Concat(r.opaque, macros),
		units:  make(map[unitKey]*unitState),
	}
}

// Cache returns the token cache, for reading files outside units.
func (r *Reader) Cache() *cpp.Cache { return r.cache }

// Set returns the set all files read belong to.
func (r *Reader) Set() *source.Set { return r.cache.Set }

// Read reads the C file at path of tr in a class. The same arguments give the
// same Unit. The tree must not change; two trees are the same if they are the
// same value. The error is about what leaves no unit at all: no such file, a
// Makefile that cannot be evaluated, a *cpp.LimitError, the end of ctx.
func (r *Reader) Read(ctx context.Context, tr tree.Tree, class *Class, path string) (*Unit, error) {
	if err := checkTree(tr); err != nil {
		return nil, err
	}
	key := unitKey{classKey{tr, class}, path}
	r.mu.Lock()
	s := r.units[key]
	if s == nil {
		s = new(unitState)
		r.units[key] = s
	}
	r.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done {
		return s.unit, s.err
	}
	u, err := r.read(ctx, tr, class, path)
	if ctx.Err() != nil {
		return nil, ctx.Err() // not the unit's fault: try again next time
	}
	s.unit, s.err, s.done = u, err, true
	return u, err
}

// Drop forgets one unit, which takes some tens of megabytes. Neither it nor
// anything made from it may be used afterwards; the same goes for the units
// that ForgetClass, ForgetUnits and Forget drop.
func (r *Reader) Drop(u *Unit) {
	r.dropUnits(func(key unitKey) bool { return key == unitKey{classKey{u.Tree, u.Class}, u.Path} })
}

// ForgetClass drops the units and headers of a class in all trees.
func (r *Reader) ForgetClass(c *Class) {
	r.dropUnits(func(key unitKey) bool { return key.class == c })
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.classes, func(key classKey, _ *classState) bool { return key.class == c })
	maps.DeleteFunc(r.evaluated, func(key evaluationKey, _ []evaluation) bool { return key.class == c })
}

// ForgetUnits drops the units of a class in one tree.
func (r *Reader) ForgetUnits(tr tree.Tree, c *Class) {
	r.dropUnits(func(key unitKey) bool { return key.class == c && key.tree == tr })
}

// dropUnits forgets the units with some keys and gives up their memory.
func (r *Reader) dropUnits(which func(unitKey) bool) {
	var dropped []*unitState
	r.mu.Lock()
	for key, s := range r.units {
		if which(key) {
			dropped = append(dropped, s)
			delete(r.units, key)
		}
	}
	r.mu.Unlock()
	for _, s := range dropped {
		s.mu.Lock()
		if s.unit != nil {
			s.unit.Cpp.Release()
		}
		s.mu.Unlock()
	}
}

// Forget drops what is kept of a tree, except the tokens of its files.
func (r *Reader) Forget(tr tree.Tree) {
	r.dropUnits(func(key unitKey) bool { return key.tree == tr })
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.trees, tr)
	if r.shared == r.sources[tr] {
		r.shared = nil
	}
	delete(r.sources, tr)
	clear(r.evaluated)
	maps.DeleteFunc(r.kconfigs, func(key kconfigKey, _ *kconfigState) bool { return key.tree == tr })
	maps.DeleteFunc(r.classes, func(key classKey, _ *classState) bool { return key.tree == tr })
}

// ForgetFolder lets go of the tokens of the files below a folder of any tree,
// which only another unit that includes them would need, and would read again.
func (r *Reader) ForgetFolder(folder string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, files := range r.trees {
		files.Forget(folder)
	}
	r.cache.Forget(folder)
}

// Units returns how many units were read so far.
func (r *Reader) Units() int { return int(r.done.Load()) }

func (r *Reader) read(ctx context.Context, tr tree.Tree, class *Class, path string) (*Unit, error) {
	s, err := r.class(tr, class)
	if err != nil {
		return nil, err
	}
	flags, err := s.build.Flags(path)
	if err != nil {
		return nil, fmt.Errorf("compiler options of %s: %w", path, err)
	}
	return r.readWith(ctx, s, s.files, flags, path)
}

// Build returns the state of the build of a class in a tree.
func (r *Reader) Build(tr tree.Tree, class *Class) (*kbuild.Build, error) {
	s, err := r.class(tr, class)
	if err != nil {
		return nil, err
	}
	return s.build, nil
}

// Files returns the files of a class in a tree, generated ones included.
func (r *Reader) Files(tr tree.Tree, class *Class) (*cpp.Files, error) {
	s, err := r.class(tr, class)
	if err != nil {
		return nil, err
	}
	return s.files, nil
}

// checkTree refuses a tree that cannot be told from others.
func checkTree(tr tree.Tree) error {
	if !reflect.ValueOf(tr).Comparable() {
		return fmt.Errorf("a tree of type %T has no identity; wrap it with tree.Cached", tr)
	}
	return nil
}

func (r *Reader) class(tr tree.Tree, class *Class) (*classState, error) {
	if err := checkTree(tr); err != nil {
		return nil, err
	}
	key := classKey{tr, class}
	r.mu.Lock()
	s := r.classes[key]
	if s == nil {
		s = &classState{tree: tr, class: class}
		r.classes[key] = s
	}
	base := r.trees[tr]
	if base == nil {
		base = r.cache.Files(tr)
		r.trees[tr] = base
	}
	r.mu.Unlock()
	s.once.Do(func() { s.err = r.prepare(s, base) })
	return s, s.err
}

// prepare sets up the build of a class and the files its units see.
func (r *Reader) prepare(s *classState, base *cpp.Files) error {
	class := s.class
	s.build = &kbuild.Build{
		FS: s.tree, Arch: class.Arch, Variant: class.Variant,
		Value: class.Value, Autoconf: class.autoconf,
	}
	if class.Generated != nil {
		s.files = base.OverSome(built{class.Generated, compilerHeaders(s.build)}, isGenerated)
		return nil
	}
	s.build.Offsets = func(source string) ([]kbuild.Offset, error) {
		return r.offsets(s, base, source)
	}
	var err error
	if s.made, err = newGenerated(s.build); err != nil {
		return fmt.Errorf("generated headers of %s: %w", class.Arch.Name, err)
	}
	s.files = base.OverSome(s.made, s.made.has)
	return nil
}

// readWith reads a unit that sees files.
func (r *Reader) readWith(ctx context.Context, s *classState, files *cpp.Files, flags *kbuild.Flags, path string) (*Unit, error) {
	r.done.Add(1)
	class := s.class
	u := &Unit{Path: path, Tree: s.tree, Class: class, Flags: flags}
	abi := class.Variant.ABI
	abi.CharUnsigned = flags.CharUnsigned(abi.CharUnsigned)
	u.ABI = &abi
	opt := &cpp.Options{
		Files: files, Angle: flags.Include, Forced: flags.Forced,
		Predefined: []byte(class.Variant.Predefined(flags.Options) + flags.Macros),
		Has:        class.Variant.Has, Lacks: class.Variant.Lacks, Clang: class.Variant.Clang(),
		Opaque: r.opaque, Limits: r.opt.Limits,
	}
	var err error
	u.Cpp, err = r.cache.Preprocess(ctx, path, opt)
	if err != nil {
		return nil, err
	}
	var syntaxErrors []error
	u.File, syntaxErrors = syntax.Parse(u.Cpp, syntax.Options{})
	u.Types = types.NewUnit(u.File, u.ABI, types.Options{
		Position: u.Cpp.Position, Opaque: r.trapTypes,
		ParseExpr: u.parseExpr(r.cache, opt),
	})
	u.gaps(s.failure, syntaxErrors)
	return u, nil
}

// failure says why a generated header is empty, nil if it is not.
func (s *classState) failure(name string) error {
	if s.made == nil {
		return nil
	}
	return s.made.failure(name)
}
