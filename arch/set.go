package arch

import (
	"embed"
	"slices"
	"strings"
	"sync"
)

//go:embed data/*.txtar
var dataFiles embed.FS

// Set is the architectures that are known, by ascending name. It is immutable
// and safe for concurrent use.
type Set struct{ members []member }

// member is one architecture; its file is read when it is first asked for.
type member struct {
	name  string
	load  func() *Arch
	added bool
}

// Builtin returns the architectures whose data files are part of the program.
func Builtin() *Set { return builtin() }

var builtin = sync.OnceValue(func() *Set {
	files, err := dataFiles.ReadDir("data")
	if err != nil {
		panic("arch: " + err.Error())
	}
	s := new(Set)
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), dataSuffix)
		s.members = append(s.members, member{name: name, load: sync.OnceValue(func() *Arch { return mustLoad(name) })})
	}
	return s
})

const dataSuffix = ".txtar"

// mustLoad reads a file of the program, which a test has read before.
func mustLoad(name string) *Arch {
	file := "data/" + name + dataSuffix
	data, err := dataFiles.ReadFile(file)
	if err != nil {
		panic("arch: " + err.Error())
	}
	a, err := Load(file, data)
	if err != nil {
		panic("arch: " + err.Error())
	}
	if a.Name != name {
		panic("arch: " + file + " is of architecture " + a.Name)
	}
	return a
}

// With returns s with more architectures. One that has the name of another
// replaces it.
func (s *Set) With(more ...*Arch) *Set {
	out := &Set{members: slices.Clone(s.members)}
	for _, a := range more {
		m := member{name: a.Name, load: func() *Arch { return a }, added: true}
		at, found := slices.BinarySearchFunc(out.members, a.Name, compareName)
		if found {
			out.members[at] = m
		} else {
			out.members = slices.Insert(out.members, at, m)
		}
	}
	return out
}

func compareName(m member, name string) int { return strings.Compare(m.name, name) }

// Names returns the folders below arch/ that are known, ascending. It reads no
// file.
func (s *Set) Names() []string {
	names := make([]string, len(s.members))
	for i, m := range s.members {
		names[i] = m.name
	}
	return names
}

// Added returns the architectures that are not part of the program, by
// ascending name.
func (s *Set) Added() []*Arch {
	var list []*Arch
	for _, m := range s.members {
		if m.added {
			list = append(list, m.load())
		}
	}
	return list
}

// All returns every architecture by ascending name. The values are shared and
// must not be changed.
func (s *Set) All() []*Arch {
	list := make([]*Arch, len(s.members))
	for i, m := range s.members {
		list[i] = m.load()
	}
	return list
}

// Named returns the architecture of a folder below arch/, nil if unknown.
func (s *Set) Named(name string) *Arch {
	at, found := slices.BinarySearchFunc(s.members, name, compareName)
	if !found {
		return nil
	}
	return s.members[at].load()
}

// Of returns the architecture a configuration is for, nil if none is known.
func (s *Set) Of(value func(symbol string) string) *Arch {
	for _, m := range s.members {
		if a := m.load(); value(a.Symbol) == "y" {
			return a
		}
	}
	return nil
}

// All returns the built-in architectures by ascending name.
func All() []*Arch { return Builtin().All() }

// Named returns the built-in architecture of a folder below arch/, nil if
// unknown.
func Named(name string) *Arch { return Builtin().Named(name) }
