package kconfig

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// maxMakeDepth bounds targets that call make again.
const maxMakeDepth = 8

// Make returns the configuration that "make target…" leaves behind when there
// was no .config before. It knows what Defconfigs and Fragments return, the
// other configurations that the architecture's Makefile makes, "defconfig",
// and allnoconfig, allyesconfig, allmodconfig, alldefconfig, olddefconfig and
// tinyconfig. fsys is the tree that k was loaded from.
// The warnings are those of the last run of conf. Errors: *Error for an
// unknown target and a file that is not there, and those of Olddefconfig.
func (k *Kconfig) Make(fsys fs.FS, targets ...string) (*Config, []Warning, error) {
	m := &maker{k: k, fsys: fsys, rules: makeRules(fsys, k.SrcArch)}
	if err := m.make(makeCall{targets: targets}, 0); err != nil {
		return nil, nil, err
	}
	if m.config == nil {
		return nil, nil, m.errorf("nothing to make")
	}
	return m.config, m.warnings, nil
}

// Base returns the assignments of a configuration that Defconfigs returned, on
// which more can be put: its own lines, or, where several runs of conf make it,
// what they leave behind. Errors: those of Defconfig and Make.
func (k *Kconfig) Base(fsys fs.FS, name string) (Assignments, error) {
	if rule, ok := makeRules(fsys, k.SrcArch)[name]; !ok || !rule.inSteps() {
		return Defconfig(fsys, k.SrcArch, name)
	}
	made, _, err := k.Make(fsys, name)
	if err != nil {
		return nil, err
	}
	return made.Assignments(), nil
}

// maker is a folder in which configurations are made.
type maker struct {
	k        *Kconfig
	fsys     fs.FS
	rules    map[string]makeRule
	config   *Config // the .config there
	warnings []Warning
}

func (m *maker) errorf(format string, args ...any) error {
	file := path.Join("arch", m.k.SrcArch, "Makefile")
	return &Error{Pos: Pos{file, 1}, Msg: fmt.Sprintf(format, args...)}
}

// take stores what a run of conf returned.
func (m *maker) take(c *Config, warnings []Warning, err error) error {
	m.config, m.warnings = c, warnings
	return err
}

// lines are those of the .config there is.
func (m *maker) lines() Assignments {
	if m.config == nil {
		return nil
	}
	return m.config.Assignments()
}

func (m *maker) make(call makeCall, depth int) error {
	if depth > maxMakeDepth {
		return m.errorf("%s calls itself", strings.Join(call.targets, " "))
	}
	var seed Assignments
	if call.seed != "" {
		list, err := readAssignments(m.fsys, call.seed)
		if err != nil {
			return err
		}
		seed = append(Assignments{}, list...)
	}
	for _, target := range call.targets {
		if err := m.target(target, seed, depth); err != nil {
			return err
		}
	}
	return nil
}

func (m *maker) target(name string, seed Assignments, depth int) error {
	switch name {
	case "allnoconfig":
		return m.take(m.k.Allnoconfig(seed))
	case "allyesconfig":
		return m.take(m.k.Allyesconfig(seed))
	case "allmodconfig":
		return m.take(m.k.Allmodconfig(seed))
	case "alldefconfig":
		return m.take(m.k.Alldefconfig(seed))
	case "olddefconfig":
		return m.take(m.k.Olddefconfig(m.lines()))
	case "tinyconfig":
		return m.tiny(depth)
	case "defconfig":
		return m.defconfig(depth)
	}
	rule, ok := m.rules[name]
	switch {
	case ok && rule.base != "":
		return m.rule(rule)
	case ok:
		return m.calls(rule, depth)
	case strings.HasSuffix(name, ".config"):
		return m.fragment(name)
	}
	list, err := readConfig(m.fsys, m.k.SrcArch, name)
	if err != nil {
		return err
	}
	return m.take(m.k.Olddefconfig(list))
}

func (m *maker) calls(rule makeRule, depth int) error {
	for _, c := range rule.calls {
		if err := m.make(c, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (m *maker) tiny(depth int) error {
	base := makeCall{seed: "kernel/configs/tiny-base.config", targets: []string{"allnoconfig"}}
	if err := m.make(base, depth+1); err != nil {
		return err
	}
	return m.fragment("tiny.config")
}

// defconfig makes what KBUILD_DEFCONFIG names, which is defconfig where the
// Makefile does not set it. One that depends on the machine is an error.
func (m *maker) defconfig(depth int) error {
	// A Makefile that is not there sets nothing.
	data, _ := fs.ReadFile(m.fsys, path.Join("arch", m.k.SrcArch, "Makefile"))
	names := map[string]bool{}
	name := "defconfig"
	for line := range strings.Lines(string(data)) {
		variable, value, ok := strings.Cut(line, "=")
		if ok && strings.TrimRight(strings.TrimSpace(variable), ": ") == "KBUILD_DEFCONFIG" {
			name = strings.TrimSpace(value)
			names[name] = true
		}
	}
	switch {
	case len(names) > 1 || strings.Contains(name, "$"):
		return m.errorf("which defconfig is the default depends on the machine")
	case name == "defconfig":
		list, err := readConfig(m.fsys, m.k.SrcArch, name)
		if err != nil {
			return err
		}
		return m.take(m.k.Olddefconfig(list))
	}
	return m.target(name, nil, depth+1)
}

// fragment merges the files called name into the .config and completes it.
func (m *maker) fragment(name string) error {
	var files []Assignments
	for _, dir := range []string{"kernel/configs", configDir(m.k.SrcArch)} {
		file := path.Join(dir, name)
		if _, err := fs.Stat(m.fsys, file); err != nil {
			continue
		}
		list, err := readAssignments(m.fsys, file)
		if err != nil {
			return err
		}
		files = append(files, list)
	}
	if len(files) == 0 {
		return m.errorf("no fragment %s", name)
	}
	return m.take(m.k.Olddefconfig(Merge(m.lines(), files...)))
}

func (m *maker) rule(rule makeRule) error {
	list, err := rule.merged(m.fsys, m.k.SrcArch)
	if err != nil {
		return err
	}
	if err := m.take(m.k.Olddefconfig(list)); err != nil || len(rule.boards) == 0 {
		return err
	}
	for _, board := range rule.boards {
		fits, err := m.fits(board)
		if err != nil {
			return err
		}
		if !fits {
			continue
		}
		fragment, err := readConfig(m.fsys, m.k.SrcArch, board)
		if err != nil {
			return err
		}
		list = Merge(list, fragment)
	}
	return m.take(m.k.Olddefconfig(list))
}

// fits reports whether the .config has what the comments "# require" of a
// board's fragment ask for.
func (m *maker) fits(board string) (bool, error) {
	file := path.Join(configDir(m.k.SrcArch), board)
	data, err := fs.ReadFile(m.fsys, file)
	if err != nil {
		return false, &Error{Pos: Pos{file, 1}, Msg: err.Error()}
	}
	for line := range bytes.Lines(data) {
		want, ok := strings.CutPrefix(strings.TrimSpace(string(line)), "# require "+configPrefix)
		if !ok {
			continue
		}
		name, value, _ := strings.Cut(want, "=")
		if isYes := m.config.Tri(name) == Yes; isYes != (value == "y") {
			return false, nil
		}
	}
	return true, nil
}
