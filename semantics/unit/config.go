package unit

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"ptreview/arch"
	"ptreview/arch/kconfig"
	"ptreview/parse/tree"
)

// kconfigKey names a Kconfig that was loaded.
type kconfigKey struct {
	tree tree.Tree
	arch *arch.Arch
}

type kconfigState struct {
	once    sync.Once
	kconfig *kconfig.Kconfig
	err     error
}

// UnknownArchError says that a configuration names none of the architectures
// that are known.
type UnknownArchError struct {
	ID    string
	Archs *arch.Set
}

func (e *UnknownArchError) Error() string {
	var names []string
	for _, a := range e.Archs.All() {
		names = append(names, "CONFIG_"+a.Symbol)
	}
	return fmt.Sprintf("%s: a configuration of an unknown architecture; one of %s must be y", e.ID, strings.Join(names, ", "))
}

// Kconfig returns the Kconfig of an architecture of tr, loaded once.
func (r *Reader) Kconfig(tr tree.Tree, a *arch.Arch) (*kconfig.Kconfig, error) {
	if err := checkTree(tr); err != nil {
		return nil, err
	}
	key := kconfigKey{tr, a}
	r.mu.Lock()
	s := r.kconfigs[key]
	if s == nil {
		s = new(kconfigState)
		r.kconfigs[key] = s
	}
	r.mu.Unlock()
	s.once.Do(func() {
		s.kconfig, s.err = kconfig.Load(tr, a.Name, kconfig.Env{Files: r.KconfigFiles(tr)})
	})
	return s.kconfig, s.err
}

// KconfigFiles returns the Kconfig files of tr, which are read once for all
// architectures and share what they have in common with other trees.
func (r *Reader) KconfigFiles(tr tree.Tree) *kconfig.Files {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := r.sources[tr]
	if f == nil {
		f = kconfig.NewFiles(tr, r.shared)
		r.sources[tr] = f
		if r.shared == nil {
			r.shared = f
		}
	}
	return f
}

// DefconfigClass returns the class that a defconfig with a fragment on top
// makes; every call makes a new one. The warnings are those of olddefconfig.
func (r *Reader) DefconfigClass(tr tree.Tree, a *arch.Arch, defconfig string, fragment kconfig.Assignments) (*Class, []kconfig.Warning, error) {
	k, err := r.Kconfig(tr, a)
	if err != nil {
		return nil, nil, err
	}
	base, err := k.Base(tr, defconfig)
	if err != nil {
		return nil, nil, err
	}
	return r.classOf(tr, a, fragmentID(defconfig, fragment), kconfig.Merge(base, fragment))
}

// ConfigClass returns the class of a .config or of any other set of
// assignments that says which architecture it is for.
func (r *Reader) ConfigClass(tr tree.Tree, id string, config kconfig.Assignments) (*Class, []kconfig.Warning, error) {
	values := make(map[string]string)
	for _, a := range config {
		values[a.Name] = a.Value
	}
	a := r.archs.Of(func(symbol string) string { return values[symbol] })
	if a == nil {
		return nil, nil, &UnknownArchError{ID: id, Archs: r.archs}
	}
	return r.classOf(tr, a, id, config)
}

// BuildClass returns the class of the O= folder of a real build, whose
// generated headers it uses.
func (r *Reader) BuildClass(tr tree.Tree, id string, dir fs.FS) (*Class, []kconfig.Warning, error) {
	data, err := fs.ReadFile(dir, ".config")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("%s is not a build folder: it has no .config; configure it with make O=", id)
	}
	if err != nil {
		return nil, nil, err
	}
	if _, err := fs.Stat(dir, "include/generated/autoconf.h"); err != nil {
		return nil, nil, fmt.Errorf("%s is not a prepared build folder: it has no include/generated/autoconf.h; run make O= prepare", id)
	}
	config, err := kconfig.ParseConfig(bytes.NewReader(data), id+"/.config")
	if err != nil {
		return nil, nil, err
	}
	c, warnings, err := r.ConfigClass(tr, id, config)
	if err != nil {
		return nil, warnings, err
	}
	c.Generated = dir
	return c, warnings, nil
}

func (r *Reader) classOf(tr tree.Tree, a *arch.Arch, id string, config kconfig.Assignments) (*Class, []kconfig.Warning, error) {
	k, err := r.Kconfig(tr, a)
	if err != nil {
		return nil, nil, err
	}
	full, warnings, err := k.Olddefconfig(config)
	if err != nil {
		return nil, warnings, err
	}
	c, err := NewClass(id, a, full)
	return c, warnings, err
}

// fragmentID names a defconfig with a fragment on top.
func fragmentID(defconfig string, fragment kconfig.Assignments) string {
	id := defconfig
	for _, a := range fragment {
		switch {
		case a.Unset || a.Value == "n":
			id += "-" + a.Name
		case a.Value == "y":
			id += "+" + a.Name
		default:
			id += "+" + a.Name + "=" + a.Value
		}
	}
	return id
}
