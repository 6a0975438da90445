package kconfig

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// mergedConfig is a defconfig that make puts together from several files.
type mergedConfig struct {
	base      string
	fragments []string
}

// Defconfigs returns the names that "make name" takes for an architecture,
// sorted: the defconfig files below arch/<srcarch>/configs, with their folder
// where that is a deeper one, and those the architecture's Makefile merges.
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
	for name := range mergedConfigs(fsys, srcarch) {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Defconfig returns the assignments of a name that Defconfigs returned, or of
// any other file of arch/<srcarch>/configs.
// Errors: *Error for a file that is not there or cannot be read.
func Defconfig(fsys fs.FS, srcarch, name string) (Assignments, error) {
	merged, ok := mergedConfigs(fsys, srcarch)[name]
	if !ok {
		return readConfig(fsys, srcarch, name)
	}
	base, err := readConfig(fsys, srcarch, merged.base)
	if err != nil {
		return nil, err
	}
	var fragments []Assignments
	for _, f := range merged.fragments {
		list, err := readConfig(fsys, srcarch, f+".config")
		if err != nil {
			return nil, err
		}
		fragments = append(fragments, list)
	}
	return Merge(base, fragments...), nil
}

func configDir(srcarch string) string { return path.Join("arch", srcarch, "configs") }

func readConfig(fsys fs.FS, srcarch, name string) (Assignments, error) {
	file := path.Join(configDir(srcarch), name)
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, &Error{Pos: Pos{file, 1}, Msg: fmt.Sprintf("no such defconfig: %v", err)}
	}
	return ParseConfig(bytes.NewReader(data), file)
}

// mergedConfigs reads the calls of merge_into_defconfig in the Makefile of an
// architecture. A target that only depends on another one stands for it.
func mergedConfigs(fsys fs.FS, srcarch string) map[string]mergedConfig {
	data, err := fs.ReadFile(fsys, path.Join("arch", srcarch, "Makefile"))
	if err != nil {
		return nil
	}
	merged := map[string]mergedConfig{}
	alias := map[string]string{}
	target := ""
	text := strings.ReplaceAll(string(data), "\\\n", " ")
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "\t"); ok {
			if m, ok := parseMerge(rest); ok && target != "" {
				merged[target] = m
			}
			continue
		}
		name, dep, _ := strings.Cut(strings.TrimSpace(line), ":")
		target = ""
		if strings.HasSuffix(name, "_defconfig") && !strings.ContainsAny(name, " =$") {
			target = name
			alias[name] = strings.TrimSpace(dep)
		}
	}
	for name, dep := range alias {
		if m, ok := merged[dep]; ok {
			merged[name] = m
		}
	}
	return merged
}

// parseMerge reads $(call merge_into_defconfig,base,fragment…).
func parseMerge(line string) (mergedConfig, bool) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(line), "$(call merge_into_defconfig")
	if !ok {
		return mergedConfig{}, false
	}
	rest = strings.TrimPrefix(rest, "_override")
	parts := strings.Split(strings.TrimSuffix(rest, ")"), ",")
	if len(parts) != 3 || parts[0] != "" {
		return mergedConfig{}, false
	}
	return mergedConfig{base: strings.TrimSpace(parts[1]), fragments: strings.Fields(parts[2])}, true
}
