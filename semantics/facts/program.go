package facts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strings"
	"sync"

	"ptreview/arch/kbuild"
	"ptreview/arch/kconfig"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/parse/tree"
	"ptreview/semantics/types"
	"ptreview/semantics/unit"
)

// TreeProgram is the Program of one class of a tree: it finds the C file that
// defines a name by its text and reads that file as a unit. It is safe for
// concurrent use.
type TreeProgram struct {
	Reader *unit.Reader
	Tree   tree.Tree
	Class  *unit.Class

	objects *kbuild.Objects

	mu      sync.Mutex
	found   map[string]lookup
	maker   map[string]lookup // names that no file spells
	folders [][]string        // C files by order of search, filled on demand
}

// lookup is how far the search for a name has come.
type lookup struct {
	unit     *unit.Unit
	err      error
	searched int // roots done
}

// NewProgram returns the program of a class. objects are those of the tree and
// architecture, which programs of several classes can share; nil makes new ones.
func NewProgram(reader *unit.Reader, tr tree.Tree, class *unit.Class, objects *kbuild.Objects) *TreeProgram {
	if objects == nil {
		objects = kbuild.NewObjects(tr, class.Arch.Name)
	}
	return &TreeProgram{
		Reader: reader, Tree: tr, Class: class,
		objects: objects, found: make(map[string]lookup), maker: make(map[string]lookup),
	}
}

// Read reads one C file of the class.
func (p *TreeProgram) Read(ctx context.Context, path string) (*unit.Unit, error) {
	return p.Reader.Read(ctx, p.Tree, p.Class, path)
}

// Define implements Program. Only the architecture's mm/ is searched, where its
// helpers stand that are not inline: into other files of generic code a call
// graph does not look.
func (p *TreeProgram) Define(ctx context.Context, _ *unit.Unit, name string) (*unit.Unit, *syntax.FuncDef, error) {
	u, err := p.defining(ctx, name, nearRoots)
	if err != nil {
		return nil, nil, err
	}
	obj := u.Types.Lookup(name)
	if obj == nil || obj.Def == nil {
		return nil, nil, fmt.Errorf("%s: %w", name, ErrNoDefinition)
	}
	return u, obj.Def, nil
}

// Defining returns the unit that defines a function or variable with external
// linkage. A name that no file of the class defines is ErrNoDefinition.
func (p *TreeProgram) Defining(ctx context.Context, name string) (*unit.Unit, error) {
	return p.defining(ctx, name, len(p.roots()))
}

// nearRoots is how many of the roots hold an architecture's helpers.
const nearRoots = 1

func (p *TreeProgram) defining(ctx context.Context, name string, roots int) (*unit.Unit, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, ok := p.found[name]
	for ; !ok || l.unit == nil && l.err == nil && l.searched < roots; l.searched++ {
		l.unit, l.err = p.search(ctx, l.searched, name)
		ok = true
	}
	if ctx.Err() == nil {
		p.found[name] = l
	}
	if l.unit == nil && l.err == nil {
		return nil, fmt.Errorf("%s: %w", name, ErrNoDefinition)
	}
	return l.unit, l.err
}

// roots are the folders searched for definitions, in order. Folders in them are
// included.
func (p *TreeProgram) roots() [][]string {
	a := "arch/" + p.Class.Arch.Name
	return [][]string{{a + "/mm"}, {"mm"}, {a + "/kernel", a + "/lib"}, {"lib", "kernel"}}
}

// search looks through the C files of one root.
func (p *TreeProgram) search(ctx context.Context, root int, name string) (*unit.Unit, error) {
	files, err := p.folder(root)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		u, err := p.tryFile(ctx, file, name)
		if u != nil || err != nil {
			return u, err
		}
	}
	return nil, nil
}

// tryFile returns the unit of file if it defines name in the class.
func (p *TreeProgram) tryFile(ctx context.Context, file, name string) (*unit.Unit, error) {
	data, err := source.ReadShared(p.Tree, file)
	if err != nil {
		return nil, err
	}
	if !mayDefine(data, name) || !p.Compiles(file) {
		return nil, nil
	}
	u, err := p.Reader.Read(ctx, p.Tree, p.Class, file)
	if err != nil {
		return nil, err
	}
	if defines(u.File, name) {
		return u, nil
	}
	return nil, nil
}

// Functions returns the C files of the class whose text seems to define a
// function, static or not, in the order of the folders searched: the
// architecture's and generic code, then further folders.
func (p *TreeProgram) Functions(ctx context.Context, name string, further ...string) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []string
	for i := 0; i < len(p.roots())+len(further); i++ {
		var files []string
		var err error
		if i < len(p.roots()) {
			files, err = p.folder(i)
		} else {
			files, err = cFiles(p.Tree, further[i-len(p.roots())])
		}
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			data, err := source.ReadShared(p.Tree, file)
			if err == nil && mayDefine(data, name) && p.Compiles(file) && !slices.Contains(list, file) {
				list = append(list, file)
			}
		}
		if len(list) > 0 {
			return list, nil
		}
	}
	return nil, nil
}

// Compiles reports whether a build of the class compiles the C file. A file
// that no Makefile lists, or whose Makefile cannot be read, is taken for one
// that it does: it may be included by another.
func (p *TreeProgram) Compiles(file string) bool {
	built, listed := p.Built(file)
	return built || !listed
}

// Built reports whether a Makefile lists the C file, and whether a build of the
// class then compiles it.
func (p *TreeProgram) Built(file string) (built, listed bool) {
	c, found, err := p.objects.Of(file)
	if err != nil || !found {
		return false, false
	}
	return p.Class.Config.Eval(c.Expr) != kconfig.No, true
}

func (p *TreeProgram) folder(i int) ([]string, error) {
	for len(p.folders) <= i {
		var files []string
		for _, root := range p.roots()[len(p.folders)] {
			list, err := cFiles(p.Tree, root)
			if err != nil {
				return nil, err
			}
			files = append(files, list...)
		}
		p.folders = append(p.folders, files)
	}
	return p.folders[i], nil
}

func cFiles(fsys fs.FS, root string) ([]string, error) { return filesBelow(fsys, root, ".c") }

// filesBelow returns the files below a folder whose names end in ext, by path;
// none of a folder that is not there.
func filesBelow(fsys fs.FS, root, ext string) ([]string, error) {
	var files []string
	err := fs.WalkDir(fsys, root, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && name == root {
			return fs.SkipAll
		}
		if err != nil {
			return err
		}
		if !d.IsDir() && path.Ext(name) == ext {
			files = append(files, name)
		}
		return nil
	})
	sort.Strings(files)
	return files, err
}

// mayDefine reports whether a line of data that begins in the first column,
// or the one after it, could declare name other than as extern.
func mayDefine(data []byte, name string) bool {
	w := []byte(name)
	for off := 0; ; {
		i := bytes.Index(data[off:], w)
		if i < 0 {
			return false
		}
		i += off
		off = i + len(w)
		if i > 0 && isWordByte(data[i-1]) || off < len(data) && isWordByte(data[off]) {
			continue
		}
		if definesAt(data, i, off) {
			return true
		}
	}
}

func definesAt(data []byte, start, end int) bool {
	rest := bytes.TrimLeft(data[end:], " \t\n")
	lineStart := bytes.LastIndexByte(data[:start], '\n') + 1
	line := data[lineStart:start]
	if len(rest) == 0 || !strings.ContainsRune("(=;[,_", rune(rest[0])) && !byMacro(line, rest) {
		return false
	}
	if len(line) > 0 && (line[0] == ' ' || line[0] == '\t' || line[0] == '#' || line[0] == '*' || line[0] == '/') {
		return false
	}
	return !bytes.HasPrefix(line, []byte("extern ")) && !bytes.HasPrefix(line, []byte("EXPORT_"))
}

// byMacro reports whether a name is the last argument of a macro that defines
// it: DEFINE_STATIC_KEY_FALSE(name).
func byMacro(before, after []byte) bool {
	return after[0] == ')' && bytes.HasPrefix(before, []byte("DEFINE_"))
}

// defines reports whether a file defines name with external linkage.
func defines(f *syntax.File, name string) bool {
	list := f.Declared(name)
	for _, d := range slices.Backward(list) {
		if d.Def {
			return d.Storage&syntax.Static == 0
		}
	}
	return slices.ContainsFunc(list, func(d syntax.Declared) bool {
		return !d.Enum && !d.Func && d.Storage&(syntax.Typedef|syntax.Static) == 0 &&
			(d.Storage&syntax.Extern == 0 || d.Init)
	})
}

// Types returns the types of the unit that defines a name when there is one,
// for the executor. from is a unit that uses the name; macros that it knows may
// be what defines it elsewhere.
func (p *TreeProgram) Types(ctx context.Context, from *unit.Unit, name string) (*types.Unit, error) {
	u, err := p.Defining(ctx, name)
	if errors.Is(err, ErrNoDefinition) {
		u, err = p.made(ctx, from, name)
	}
	if errors.Is(err, ErrNoDefinition) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return u.Types, nil
}
