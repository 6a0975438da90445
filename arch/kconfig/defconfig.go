package kconfig

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// makeRule is how an architecture's Makefile makes a configuration: files
// merged and completed, or other targets of make one after the other. Names
// of files are below arch/<srcarch>/configs.
type makeRule struct {
	base      string // merged with fragments; "" for a rule of calls
	fragments []string
	boards    []string // put on top if the completed rest has what they require
	calls     []makeCall
}

// makeCall is one run of make in a recipe.
type makeCall struct {
	seed    string // what KCONFIG_ALLCONFIG names, relative to the tree
	targets []string
}

// inSteps reports whether more than one run of conf makes the configuration.
func (r makeRule) inSteps() bool { return r.base == "" || len(r.boards) > 0 }

// Defconfigs returns the names that "make name" takes for an architecture,
// sorted: the defconfig files below arch/<srcarch>/configs, with their folder
// where that is a deeper one, and those the architecture's Makefile makes.
func Defconfigs(fsys fs.FS, srcarch string) []string {
	var names []string
	root := configDir(srcarch)
	// A folder that cannot be read holds no defconfig; the error says no more.
	_ = fs.WalkDir(fsys, root, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(name, "defconfig") {
			names = append(names, strings.TrimPrefix(name, root+"/"))
		}
		return nil
	})
	for name := range makeRules(fsys, srcarch) {
		if strings.HasSuffix(name, "_defconfig") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Fragments returns the names of the .config files that "make name" puts on
// top of a configuration of the architecture, sorted.
func Fragments(fsys fs.FS, srcarch string) []string {
	var names []string
	for _, dir := range []string{"kernel/configs", configDir(srcarch)} {
		// A folder that is not there has no files; the pattern is valid.
		files, _ := fs.Glob(fsys, dir+"/*.config")
		for _, f := range files {
			names = append(names, path.Base(f))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Defconfig returns the assignments of a name that Defconfigs returned, or of
// any other file of arch/<srcarch>/configs.
// Errors: *Error for a file that is not there or cannot be read, and for a
// configuration that takes several runs of conf, which is for Make.
func Defconfig(fsys fs.FS, srcarch, name string) (Assignments, error) {
	rule, ok := makeRules(fsys, srcarch)[name]
	switch {
	case !ok:
		return readConfig(fsys, srcarch, name)
	case rule.inSteps():
		file := path.Join("arch", srcarch, "Makefile")
		return nil, &Error{Pos: Pos{file, 1}, Msg: name + " takes several runs of conf"}
	}
	return rule.merged(fsys, srcarch)
}

func (r makeRule) merged(fsys fs.FS, srcarch string) (Assignments, error) {
	base, err := readConfig(fsys, srcarch, r.base)
	if err != nil {
		return nil, err
	}
	var fragments []Assignments
	for _, f := range r.fragments {
		list, err := readConfig(fsys, srcarch, f)
		if err != nil {
			return nil, err
		}
		fragments = append(fragments, list)
	}
	return Merge(base, fragments...), nil
}

func configDir(srcarch string) string { return path.Join("arch", srcarch, "configs") }

func readConfig(fsys fs.FS, srcarch, name string) (Assignments, error) {
	return readAssignments(fsys, path.Join(configDir(srcarch), name))
}

func readAssignments(fsys fs.FS, file string) (Assignments, error) {
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, &Error{Pos: Pos{file, 1}, Msg: fmt.Sprintf("no such defconfig: %v", err)}
	}
	return ParseConfig(bytes.NewReader(data), file)
}

// makeRules reads the Makefile of an architecture: calls of
// merge_into_defconfig, recipes that call make, and the generic
// configurations of mips. A target that only depends on another stands for it.
func makeRules(fsys fs.FS, srcarch string) map[string]makeRule {
	data, err := fs.ReadFile(fsys, path.Join("arch", srcarch, "Makefile"))
	if err != nil {
		return nil
	}
	r := &ruleReader{srcarch: srcarch, rules: map[string]makeRule{}, alias: map[string]string{}}
	text := strings.ReplaceAll(string(data), "\\\n", " ")
	for line := range strings.Lines(text) {
		r.line(strings.TrimSuffix(line, "\n"))
	}
	for name, dep := range r.alias {
		if rule, ok := r.rules[dep]; ok {
			r.rules[name] = rule
		}
	}
	r.addGeneric(fsys, text)
	return r.rules
}

type ruleReader struct {
	srcarch string
	target  string // whose recipe is being read
	rules   map[string]makeRule
	alias   map[string]string
}

func (r *ruleReader) line(line string) {
	if recipe, ok := strings.CutPrefix(line, "\t"); ok {
		if r.target != "" {
			r.recipe(recipe)
		}
		return
	}
	name, dep, _ := strings.Cut(strings.TrimSpace(line), ":")
	r.target = ""
	if strings.HasSuffix(name, "config") && !strings.ContainsAny(name, " =$") {
		r.target = name
		r.alias[name] = strings.TrimSpace(dep)
	}
}

func (r *ruleReader) recipe(line string) {
	rule := r.rules[r.target]
	if m, ok := parseMerge(line); ok {
		r.rules[r.target] = m
	} else if c, ok := parseCall(line); ok && rule.base == "" {
		rule.calls = append(rule.calls, c)
		r.rules[r.target] = rule
	}
}

// parseMerge reads $(call merge_into_defconfig,base,fragment…).
func parseMerge(line string) (makeRule, bool) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(line), "$(call merge_into_defconfig")
	if !ok {
		return makeRule{}, false
	}
	rest = strings.TrimPrefix(rest, "_override")
	parts := strings.Split(strings.TrimSuffix(rest, ")"), ",")
	if len(parts) != 3 || parts[0] != "" {
		return makeRule{}, false
	}
	rule := makeRule{base: strings.TrimSpace(parts[1])}
	for _, f := range strings.Fields(parts[2]) {
		rule.fragments = append(rule.fragments, f+".config")
	}
	return rule, true
}

// parseCall reads $(MAKE) KCONFIG_ALLCONFIG=file -f Makefile target….
func parseCall(line string) (makeCall, bool) {
	var c makeCall
	words := strings.Fields(line)
	if len(words) == 0 || strings.TrimLeft(words[0], "+@") != "$(Q)$(MAKE)" {
		return c, false
	}
	for i := 1; i < len(words); i++ {
		seed, ok := strings.CutPrefix(words[i], "KCONFIG_ALLCONFIG=")
		switch {
		case words[i] == "-f":
			i++
		case ok:
			c.seed = strings.TrimPrefix(seed, "$(srctree)/")
		case strings.ContainsAny(words[i], "=$"):
			return c, false
		default:
			c.targets = append(c.targets, words[i])
		}
	}
	return c, len(c.targets) > 0
}

// addGeneric adds what mips makes of generic_defconfig, a fragment for the
// instruction set, one for the byte order, and those of the boards that fit.
func (r *ruleReader) addGeneric(fsys fs.FS, text string) {
	var boards []string
	// A folder that is not there has no files; the pattern is valid.
	files, _ := fs.Glob(fsys, path.Join(configDir(r.srcarch), "generic/board-*.config"))
	for _, f := range files {
		boards = append(boards, "generic/"+path.Base(f))
	}
	for line := range strings.Lines(text) {
		call, ok := strings.CutPrefix(strings.TrimSpace(line), "$(eval $(call gen_generic_defconfigs,")
		sets := strings.Split(strings.TrimSuffix(call, "))"), ",")
		if !ok || len(sets) != 3 {
			continue
		}
		for _, bits := range strings.Fields(sets[0]) {
			for _, rev := range strings.Fields(sets[1]) {
				for _, order := range strings.Fields(sets[2]) {
					name := bits + rev + strings.TrimPrefix(order, "eb") + "_defconfig"
					r.rules[name] = makeRule{
						base:      "generic_defconfig",
						fragments: []string{"generic/" + bits + rev + ".config", "generic/" + order + ".config"},
						boards:    boards,
					}
				}
			}
		}
	}
	r.addLegacy(text)
}

// addLegacy reads lines like old_defconfig-y := 32r2el_defconfig BOARDS=old.
func (r *ruleReader) addLegacy(text string) {
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(line, "_defconfig-y")
		value, assigned := strings.CutPrefix(strings.TrimSpace(value), ":=")
		words := strings.Fields(value)
		if !ok || !assigned || len(words) != 2 {
			continue
		}
		board, ok := strings.CutPrefix(words[1], "BOARDS=")
		if rule := r.rules[words[0]]; ok && rule.base != "" {
			rule.boards = []string{"generic/board-" + board + ".config"}
			r.rules[name+"_defconfig"] = rule
		}
	}
}
