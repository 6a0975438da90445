package facts

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"ptreview/parse/source"
	"ptreview/semantics/unit"
)

// maxCallerFiles bounds the C files read to find the callers of one function.
const maxCallerFiles = 6

// notCode are folders of a tree without code of the kernel.
var notCode = [...]string{"Documentation", "tools", "scripts", "samples", "usr", "include", "arch", "certs"}

// files returns the C files of the class, other than that of home, whose text
// names the function or a macro that uses it; the names of such macros are
// added to names.
func (s *callerSearch) files(ctx context.Context, home *unit.Unit, names map[string]bool) ([]string, error) {
	if err := s.headers(ctx, home, names); err != nil || s.out.Incomplete != "" {
		return nil, err
	}
	folders, err := s.codeFolders()
	if err != nil {
		return nil, err
	}
	if err := s.assembly(names); err != nil || s.out.Incomplete != "" {
		return nil, err
	}
	var files []string
	for _, folder := range folders {
		list, err := filesBelow(s.Tree, folder, ".c")
		if err != nil {
			return nil, err
		}
		for _, file := range list {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if file == home.Path || slices.Contains(files, file) || !s.mentions(file, names) || !s.Compiles(file) {
				continue
			}
			if files = append(files, file); len(files) > maxCallerFiles {
				s.out.Incomplete = fmt.Sprintf("more than %d files call it", maxCallerFiles)
				return nil, nil
			}
		}
	}
	return files, nil
}

// assembly looks for calls in what a compiler does not read.
func (s *callerSearch) assembly(names map[string]bool) error {
	list, err := filesBelow(s.Tree, "arch/"+s.Class.Arch.Name, ".S")
	for _, file := range list {
		if s.mentions(file, names) {
			s.out.Incomplete = file + " names it"
			break
		}
	}
	return err
}

// codeFolders lists the folders of C files that may call generic code, those of
// memory management first.
func (s *callerSearch) codeFolders() ([]string, error) {
	own := "arch/" + s.Class.Arch.Name
	folders := []string{"mm", own}
	top, err := fs.ReadDir(s.Tree, ".")
	if err != nil {
		return nil, err
	}
	for _, e := range top {
		if e.IsDir() && e.Name() != "mm" && !slices.Contains(notCode[:], e.Name()) && !strings.HasPrefix(e.Name(), ".") {
			folders = append(folders, e.Name())
		}
	}
	return folders, nil
}

// mentions reports whether the text of a file has one of the names.
func (s *callerSearch) mentions(file string, names map[string]bool) bool {
	data, err := source.ReadShared(s.Tree, file)
	if err != nil {
		return false
	}
	for name := range names {
		if bytes.Contains(data, []byte(name)) && ContainsWord(string(data), name) {
			return true
		}
	}
	return false
}

// headers adds the macros of headers that use the function. An inline function
// that does, of a header that home does not include, is a caller unseen.
func (s *callerSearch) headers(ctx context.Context, home *unit.Unit, names map[string]bool) error {
	included := make(map[string]bool)
	for _, in := range home.Cpp.Includes {
		included[in.File().Path] = true
	}
	list, err := s.headerFiles()
	if err != nil {
		return err
	}
	for known := 0; known < len(names); {
		known = len(names)
		for _, file := range list {
			if err := ctx.Err(); err != nil {
				return err
			}
			if s.mentions(file, names) {
				s.header(file, included[file], names)
			}
		}
	}
	return nil
}

// header looks through the definitions of one header.
func (s *callerSearch) header(file string, included bool, names map[string]bool) {
	data, err := source.ReadShared(s.Tree, file)
	if err != nil {
		s.out.Incomplete = file + " cannot be read"
		return
	}
	cache := s.Reader.Cache()
	for _, d := range Definitions(cache, cache.Lex(s.Reader.Set().Add(file, data))) {
		if names[d.Name] || !d.uses(names) {
			continue
		}
		switch {
		case d.Macro:
			names[d.Name] = true
		case !included:
			s.out.Incomplete = fmt.Sprintf("%s() of %s calls it, too", d.Name, file)
		}
	}
}

// uses reports whether the text of a definition has one of the names.
func (d *Definition) uses(names map[string]bool) bool {
	for name := range names {
		if ContainsWord(d.Text, name) {
			return true
		}
	}
	return false
}

// headerFiles lists the headers that C files of the class may include.
func (s *callerSearch) headerFiles() ([]string, error) {
	var files []string
	for _, root := range []string{"arch/" + s.Class.Arch.Name + "/include", "include", "mm"} {
		list, err := filesBelow(s.Tree, root, ".h")
		if err != nil {
			return nil, err
		}
		files = append(files, list...)
	}
	return files, nil
}
