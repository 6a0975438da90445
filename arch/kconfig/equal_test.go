package kconfig

import (
	"hash/fnv"
	"io/fs"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// machine is an architecture as make may be told to build for it.
type machine struct {
	srcarch string
	name    string            // of the subtest
	vars    map[string]string // besides those of the toolchain
}

// machines returns the architectures of a tree, and those that have a second
// name for make.
func machines(t testing.TB, fsys fs.FS) []machine {
	t.Helper()
	files, err := fs.Glob(fsys, "arch/*/Kconfig")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d architectures, %v", len(files), err)
	}
	var list []machine
	for _, f := range files {
		srcarch := path.Base(path.Dir(f))
		list = append(list, machine{srcarch: srcarch, name: srcarch})
	}
	return append(list,
		machine{"x86", "i386", map[string]string{"ARCH": "i386"}},
		machine{"x86", "x86_64", map[string]string{"ARCH": "x86_64"}},
		machine{"sparc", "sparc64", map[string]string{"ARCH": "sparc64"}},
		machine{"sparc", "sparc32", map[string]string{"ARCH": "sparc32"}},
		machine{"parisc", "parisc64", map[string]string{"ARCH": "parisc64"}},
		machine{"um", "um-i386", map[string]string{"SUBARCH": "i386"}},
	)
}

func full() bool { return os.Getenv("PTREVIEW_FULL") != "" }

// confComparison collects what we make of one Kconfig, and the jobs that let conf
// make the same.
type confComparison struct {
	t     *testing.T
	k     *Kconfig
	fsys  fs.FS
	names []string
	got   []*Config
	jobs  []job
}

func (c *confComparison) add(name string, j job, made func() (*Config, []Warning, error)) *Config {
	got, _, err := made()
	if err != nil {
		c.t.Errorf("%s: %v", name, err)
		return nil
	}
	c.names, c.got, c.jobs = append(c.names, name), append(c.got, got), append(c.jobs, j)
	return got
}

// accepted checks that conf takes a configuration unchanged.
func (c *confComparison) accepted(name string, got *Config) {
	if got != nil {
		j := job{mode: "olddefconfig", text: written(c.t, got)}
		c.add(name+", again", j, func() (*Config, []Warning, error) { return got, nil, nil })
	}
}

func (c *confComparison) olddefconfig(name string, list Assignments) *Config {
	j := job{mode: "olddefconfig", text: assignmentsText(list)}
	return c.add(name, j, func() (*Config, []Warning, error) { return c.k.Olddefconfig(list) })
}

// defconfigs adds every defconfig: through conf --defconfig where it is a
// file, else through --olddefconfig, as make does.
func (c *confComparison) defconfigs(names []string) {
	rules := makeRules(c.fsys, c.k.SrcArch)
	for _, name := range names {
		rule, merged := rules[name]
		if merged && rule.inSteps() {
			got, _, err := c.k.Make(c.fsys, name)
			if err != nil {
				c.t.Error(err)
			}
			c.accepted(name, got)
			continue
		}
		list, err := Defconfig(c.fsys, c.k.SrcArch, name)
		if err != nil {
			c.t.Error(err)
			continue
		}
		j := job{mode: "olddefconfig", text: assignmentsText(list)}
		if !merged {
			j.mode = "defconfig"
		}
		c.add(name, j, func() (*Config, []Warning, error) { return c.k.Make(c.fsys, name) })
	}
}

// all adds the configurations that answer all questions alike.
func (c *confComparison) all() {
	tiny, err := readAssignments(c.fsys, "kernel/configs/tiny-base.config")
	if err != nil {
		c.t.Fatal(err)
	}
	for _, m := range []struct {
		mode string
		make func(Assignments) (*Config, []Warning, error)
	}{
		{"allnoconfig", c.k.Allnoconfig},
		{"allyesconfig", c.k.Allyesconfig},
		{"allmodconfig", c.k.Allmodconfig},
		{"alldefconfig", c.k.Alldefconfig},
	} {
		c.add(m.mode, job{mode: m.mode}, func() (*Config, []Warning, error) { return m.make(nil) })
		if m.mode != "allnoconfig" && !slices.Contains(realArches, c.k.SrcArch) && !full() {
			continue
		}
		seeded := job{mode: m.mode, seed: assignmentsText(tiny)}
		c.add(m.mode+" with tiny-base.config", seeded, func() (*Config, []Warning, error) { return m.make(tiny) })
	}
}

// fragments adds fragments on top of a configuration.
func (c *confComparison) fragments(base *Config, names []string) {
	for _, name := range names {
		m := &maker{k: c.k, fsys: c.fsys, config: base}
		var files []Assignments
		for _, dir := range []string{"kernel/configs", configDir(c.k.SrcArch)} {
			if list, err := readAssignments(c.fsys, path.Join(dir, name)); err == nil {
				files = append(files, list)
			}
		}
		j := job{mode: "olddefconfig", text: assignmentsText(Merge(base.Assignments(), files...))}
		c.add("base "+name, j, func() (*Config, []Warning, error) {
			err := m.fragment(name)
			return m.config, nil, err
		})
	}
}

// randomSeeds adds random lines on top of a configuration.
func (c *confComparison) randomSeeds(base Assignments, runs int) {
	for seed := range runs {
		list := append(base[:len(base):len(base)], randomAssignments(c.k, uint64(seed))...)
		c.olddefconfig("random lines "+strconv.Itoa(seed), list)
	}
}

// compare runs conf and reports the configurations that differ.
func (c *confComparison) compare(o *oracle) {
	c.t.Helper()
	for i, want := range o.batch(c.t, c.jobs) {
		if got := written(c.t, c.got[i]); got != want {
			c.t.Errorf("%s %s: differs from conf: %s", c.jobs[i].mode, c.names[i], firstDifference(got, want))
		}
	}
	c.t.Logf("%d configurations", len(c.jobs))
}

// acceptsRandom checks that we take what conf --randconfig writes unchanged.
func (c *confComparison) acceptsRandom(o *oracle, runs int) {
	c.t.Helper()
	var jobs []job
	for seed := range runs {
		jobs = append(jobs, job{mode: "randconfig", seed: strconv.Itoa(seed + 1)})
	}
	for i, want := range o.batch(c.t, jobs) {
		got, _, err := c.k.Olddefconfig(parseText(c.t, want, ".config"))
		if err != nil {
			c.t.Error(err)
		} else if got := written(c.t, got); got != want {
			c.t.Errorf("randconfig of seed %d: changed: %s", i+1, firstDifference(got, want))
		}
	}
}

// TestEqualsConf compares with the kernel's conf, on every architecture:
// defconfigs, allnoconfig and its like, fragments, and what randconfig writes.
// An architecture that is not one of realArches is looked at in one of the
// kernels that have it, and of defconfigs a fourth is taken, another one in each
// kernel. With PTREVIEW_FULL set it takes all of them, and more of fragments and
// random ones.
func TestEqualsConf(t *testing.T) {
	for i, variable := range realTrees {
		t.Run(strings.TrimPrefix(variable, "PTREVIEW_"), func(t *testing.T) {
			tree := realTree(t, variable)
			files := NewFiles(os.DirFS(tree), nil)
			for _, m := range machines(t, os.DirFS(tree)) {
				sampled := hashOf(m.name)%len(realTrees) == i || slices.Contains(realArches, m.name) || !inAll(m)
				if sampled || full() {
					t.Run(m.name, func(t *testing.T) { compareMachine(t, tree, files, m, i) })
				}
			}
		})
	}
}

func hashOf(name string) int {
	h := fnv.New32a()
	h.Write([]byte(name))
	return int(h.Sum32() & math.MaxInt32)
}

// inAll reports whether all kernels have a machine's architecture, as far as
// they are there.
func inAll(m machine) bool {
	return !slices.ContainsFunc(realTrees, func(variable string) bool {
		tree := os.Getenv(variable)
		_, err := os.Stat(path.Join(tree, "arch", m.srcarch, "Kconfig"))
		return tree != "" && err != nil
	})
}

// aFourth returns the first name and every fourth of the others, counted from
// 2 × n.
func aFourth(names []string, n int) []string {
	var list []string
	for i, name := range names {
		if i == 0 || i%4 == 2*n%4 {
			list = append(list, name)
		}
	}
	return list
}

// compareMachine compares on the kernel realTrees[n], which lies in tree.
func compareMachine(t *testing.T, tree string, files *Files, m machine, n int) {
	fsys := os.DirFS(tree)
	vars := oracleVars(tree, m.srcarch)
	maps.Copy(vars, m.vars)
	k, err := Load(fsys, m.srcarch, Env{Vars: vars, Files: files})
	if err != nil {
		t.Fatal(err)
	}
	o := newOracleOf(t, tree, k, vars)
	c := &confComparison{t: t, k: k, fsys: fsys}
	names := Defconfigs(fsys, m.srcarch)
	switch {
	case full():
	case m.vars != nil:
		names = names[:1]
	default:
		names = aFourth(names, n)
	}
	c.defconfigs(names)
	c.all()
	main := slices.Contains(realArches, m.name)
	if base := c.got[0]; main || full() {
		c.accepted("base", base)
		c.fragments(base, Fragments(fsys, m.srcarch))
		c.randomSeeds(base.Assignments(), 3)
	} else {
		c.fragments(base, c.ownFragments())
	}
	c.compare(o)
	runs := 1
	if full() {
		runs = 20
	}
	c.acceptsRandom(o, runs)
}

// ownFragments returns the fragments of the architecture itself.
func (c *confComparison) ownFragments() []string {
	return slices.DeleteFunc(Fragments(c.fsys, c.k.SrcArch), func(name string) bool {
		_, err := fs.Stat(c.fsys, path.Join(configDir(c.k.SrcArch), name))
		return err != nil
	})
}

// randomAssignments sets some symbols to values of their type, and some to
// values that their type does not take.
func randomAssignments(k *Kconfig, seed uint64) Assignments {
	r := rand.New(rand.NewPCG(seed, 1))
	var all []*Symbol
	for s := range k.Symbols {
		all = append(all, s)
	}
	var list Assignments
	for range 1 << (2 + seed%12) {
		s := all[r.IntN(len(all))]
		if c, ok := s.Choice(); r.IntN(4) == 0 && len(k.choices) > 0 && !ok {
			c, _ = k.choices[r.IntN(len(k.choices))].sym.Choice()
			if len(c.Members) == 0 {
				continue
			}
			s = c.Members[r.IntN(len(c.Members))]
		}
		list = append(list, Assignment{Name: s.Name(), Value: randomValue(r, s.Type())})
	}
	return list
}
