package facts

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"ptreview/parse/cpp"
)

// Sleep says that a call sleeps, or may by what its definitions declare.
type Sleep struct {
	// Flags is the parameter, from 0, whose allocation flags have to allow it;
	// -1 if it sleeps whatever it is given.
	Flags int
	// Path is the way to what sleeps, the call of it last.
	Path []SleepStep
}

// SleepStep is one call on the way to what sleeps.
type SleepStep struct {
	Function, File string
	Line           int
	Callee         string
}

// Sleepers tells which functions of a tree sleep: those that call what sleeps on
// every path but those that unlikely() and warnings mark. It reads definitions as
// text, so that it holds in every configuration: a name with several definitions
// sleeps if all of them do. What hands allocation flags on sleeps if these allow it,
// on whatever path. It is safe for concurrent use.
type Sleepers struct {
	mu    sync.Mutex
	store *Store
	arch  string
	known map[string]verdict // by definition
	asked map[string]*Sleep  // by name and the file that defines it
	words map[string]bool    // whether names of allocation flags allow sleeping

	// Of one question: definitions that met a limit or one being read, how often
	// that was met, and the depth of the deepest one.
	open    map[string]*Sleep
	reading map[string]bool
	met     int
	deepest int
}

// NewSleepers reads the definitions of a tree as an architecture sees them.
func NewSleepers(store *Store, architecture string) *Sleepers {
	return &Sleepers{
		store: store, arch: architecture,
		known: make(map[string]verdict), asked: make(map[string]*Sleep), words: make(map[string]bool),
	}
}

// Sleeps says how a call of a function sleeps, nil if it does not, or depends on more
// than its flags. home is the file in which the function is defined, "" if that is
// not known.
func (s *Sleepers) Sleeps(name, home string) *Sleep {
	if isSleep(name) {
		return &Sleep{Flags: -1}
	}
	if lockStep(name) != 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := name + " " + home
	found, ok := s.asked[key]
	if !ok {
		s.open, s.reading = make(map[string]*Sleep), make(map[string]bool)
		found = s.call(name, home, 0)
		s.asked[key] = found
	}
	return found
}

// isSleep reports whether a name is what every sleep comes down to. might_sleep()
// says that what follows may.
// Source: include/linux/kernel.h and include/linux/sched.h, v6.1 and v6.12.
func isSleep(name string) bool {
	switch name {
	case "might_sleep", "cond_resched", "schedule", "schedule_timeout", "io_schedule":
		return true
	}
	return false
}

// maxSleepDepth is how many calls may lie between a function and what sleeps.
const maxSleepDepth = 12

func (s *Sleepers) call(name, home string, depth int) *Sleep {
	if depth > maxSleepDepth {
		s.met++
		return nil
	}
	var all []*Sleep
	for _, d := range s.definitions(name, home) {
		one, reading := s.definition(d, depth)
		if !reading { // another configuration's, which comes back to where it began
			all = append(all, one)
		}
	}
	if len(all) == 0 {
		return nil
	}
	found := all[0]
	for _, one := range all[1:] {
		found = weaker(found, one)
	}
	if found == nil {
		for _, one := range all {
			if one != nil && one.Flags >= 0 {
				return one
			}
		}
	}
	return found
}

// weaker returns what two ways have in common, of which one is gone; nil if there
// is nothing.
func weaker(a, b *Sleep) *Sleep {
	switch {
	case a == nil || b == nil:
		return nil
	case a.Flags < 0:
		return b
	case b.Flags < 0 || b.Flags == a.Flags:
		return a
	}
	return nil
}

// placedDefinition is a definition with the file it stands in.
type placedDefinition struct {
	path string
	*Definition
}

// definitions returns what a name may stand for in a file: what a C file itself
// defines, else what headers and C files do that others can use.
func (s *Sleepers) definitions(name, home string) []placedDefinition {
	if path.Ext(home) == ".c" { // what a header defines may have others elsewhere
		if own := s.in(home, name); len(own) > 0 {
			return own
		}
	}
	var out []placedDefinition
	for _, roots := range s.roots() {
		for _, root := range roots {
			out = append(out, s.below(root, name)...)
		}
		if len(out) > 0 {
			break
		}
	}
	return out
}

// sleepRoot is a folder with the ending of the files to look at.
type sleepRoot struct{ dir, ext string }

// roots are the folders that definitions are looked for in, those far away only if
// there is none nearer.
func (s *Sleepers) roots() [2][]sleepRoot {
	a := "arch/" + s.arch
	return [2][]sleepRoot{
		{{a + "/include/asm", ".h"}, {"include/asm-generic", ".h"}, {"include/linux", ".h"}, {a + "/mm", ".c"}, {"mm", ".h"}, {"mm", ".c"}, {"kernel/locking", ".c"}, {"kernel/sched", ".c"}},
		{{a + "/kernel", ".c"}, {a + "/lib", ".c"}, {"kernel", ".c"}, {"lib", ".c"}},
	}
}

// below returns the definitions of a name below a folder, static ones of C files
// left out.
func (s *Sleepers) below(root sleepRoot, name string) []placedDefinition {
	f, err := s.store.folder(root.dir, root.ext)
	if err != nil {
		return nil
	}
	var out []placedDefinition
	f.defines.of(s.store.hash.ofString(name), func(i uint32) bool {
		for _, d := range s.in(f.paths[i], name) {
			if d.Macro || root.ext == ".h" || !strings.HasPrefix(d.Text, "static ") {
				out = append(out, d)
			}
		}
		return true
	})
	return out
}

// in returns the functions and macros with parameters of a name in a file.
func (s *Sleepers) in(file, name string) []placedDefinition {
	f := s.store.file(file)
	s.store.analyse(file, f)
	var out []placedDefinition
	for _, i := range f.defining(name) {
		if d := &f.defs[i]; d.Function {
			out = append(out, placedDefinition{file, d})
		}
	}
	return out
}

// verdict is what is known of a definition, and how many calls deep that was read.
type verdict struct {
	found  *Sleep
	height int
}

// definition reads one definition; reading says that it is being read already. What
// did not meet a limit, or what is being read, holds wherever the definition is come
// by, and is kept: no answer depends on those asked for before.
func (s *Sleepers) definition(d placedDefinition, depth int) (found *Sleep, reading bool) {
	key := fmt.Sprint(d.path, " ", d.First, " ", d.Name)
	if v, ok := s.known[key]; ok && depth+v.height <= maxSleepDepth {
		s.deepest = max(s.deepest, depth+v.height)
		return v.found, false
	}
	if found, ok := s.open[key]; ok {
		s.met++
		return found, s.reading[key]
	}
	outer, met := s.deepest, s.met
	s.deepest = depth
	s.open[key], s.reading[key] = nil, true
	scan := &sleepScan{Sleepers: s, in: d, depth: depth}
	scan.tokens()
	found = scan.body()
	s.open[key], s.reading[key] = found, false
	if s.met == met {
		delete(s.open, key)
		s.known[key] = verdict{found, s.deepest - depth}
	}
	s.deepest = max(s.deepest, outer)
	return found, false
}

// tokens takes the parameters and the body of a definition.
func (c *sleepScan) tokens() {
	if c.in.Macro {
		params, body, _ := strings.Cut(c.in.Text, " = ")
		c.params = strings.Split(params, " , ")
		c.flagged = c.params
		for _, word := range strings.Fields(body) {
			c.toks = append(c.toks, sleepToken{word, c.in.First})
		}
		return
	}
	lx := c.store.lexed(c.in.path)
	if lx == nil {
		return
	}
	groups := &defScanner{cache: c.store.cache, lx: lx, groups: lx.Conditionals()}
	var head []cpp.Token
	open := false
	for _, t := range lx.Code() {
		line := groups.line(t)
		if line < c.in.First || line > c.in.Last || len(groups.groups) > 0 && groups.groupAt(line) != c.in.Group {
			continue // other configurations may not have it
		}
		open = open || t.Kind == cpp.Punct && t.Sym == cpp.LBrace
		if !open {
			head = append(head, t)
			continue
		}
		c.toks = append(c.toks, sleepToken{c.store.cache.Names.String(t.Sym), line})
	}
	c.head(head)
}

// head takes the names between the parentheses behind a function's name.
func (c *sleepScan) head(head []cpp.Token) {
	depth, last, flags, seen := 0, "", false, false
	for _, t := range head {
		word := c.store.cache.Names.String(t.Sym)
		switch {
		case depth == 0 && word == c.in.Name:
			seen = true
		case !seen:
		case word == "(":
			depth++
		case word == ")" && depth > 1:
			depth--
		case depth == 1 && (word == "," || word == ")"):
			c.params = append(c.params, last)
			if flags {
				c.flagged = append(c.flagged, last)
			}
			if last, flags = "", false; word == ")" {
				return
			}
		case t.Kind == cpp.Ident && depth == 1:
			last, flags = word, flags || word == "gfp_t"
		}
	}
}

// allows reports whether a name of allocation flags lets an allocation sleep.
func (s *Sleepers) allows(word string, depth int) bool {
	if word == "___GFP_DIRECT_RECLAIM" {
		return true
	}
	if known, ok := s.words[word]; ok || depth > maxSleepDepth {
		return known
	}
	s.words[word] = false
	for _, root := range s.roots()[0] {
		f, err := s.store.folder(root.dir, root.ext)
		if err != nil || root.ext != ".h" {
			continue
		}
		f.defines.of(s.store.hash.ofString(word), func(i uint32) bool {
			file := s.store.file(f.paths[i])
			s.store.analyse(f.paths[i], file)
			for _, k := range file.defining(word) {
				if d := &file.defs[k]; d.Macro && !strings.ContainsAny(d.Text, "~^?") {
					s.words[word] = s.words[word] || slices.ContainsFunc(strings.Fields(d.Text), func(w string) bool {
						return isFlag(w) && s.allows(w, depth+1)
					})
				}
			}
			return true
		})
	}
	return s.words[word]
}

// isFlag reports whether a word is a name of allocation flags.
// Source: include/linux/gfp_types.h, v6.1 and v6.12.
func isFlag(word string) bool {
	return strings.HasPrefix(strings.TrimLeft(word, "_"), "GFP_")
}
