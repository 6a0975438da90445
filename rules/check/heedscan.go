package check

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"path"
	"strings"

	"ptreview/parse/source"
	"ptreview/semantics/facts"
)

// callerFolders hold the generic C files in which callers are looked for, and
// genericHeaders the headers. Other folders have no code that works on tables of
// the last level.
var (
	callerFolders  = []string{"fs", "kernel", "lib", "mm", "virt"}
	genericHeaders = []string{"include/asm-generic", "include/linux", "mm"}
)

// textCaller is a function whose text names a contract.
type textCaller struct {
	path string
	def  facts.Definition
}

// key tells callers apart; several definitions of a file can have one name.
func (c *textCaller) key() string { return fmt.Sprint(c.path, "#", c.def.Name, "#", c.def.First) }

// callerScan is what texts of a prefix say of callers.
type callerScan struct {
	names   map[string]bool // of contracts, and of macros of headers that use one
	macros  map[string]map[string]bool
	callers []textCaller
}

func (c *callerScan) clone() *callerScan {
	return &callerScan{names: maps.Clone(c.names), macros: maps.Clone(c.macros), callers: c.callers[:len(c.callers):len(c.callers)]}
}

// scanHeaders looks through the headers of folders.
func (s *callerSearch) scanHeaders(contracts []altered, folders []string) (*callerScan, error) {
	c := &callerScan{names: make(map[string]bool), macros: make(map[string]map[string]bool)}
	for _, x := range contracts {
		if x.file == "" {
			c.names[x.name] = true
			continue
		}
		if c.macros[x.file] == nil {
			c.macros[x.file] = make(map[string]bool)
		}
		c.macros[x.file][x.name] = true
	}
	return c, s.addHeaders(c, folders)
}

// addHeaders adds the macros of headers that name a contract, and the functions
// there that call one.
func (s *callerSearch) addHeaders(c *callerScan, folders []string) error {
	for known := -1; known < len(c.names); {
		known = len(c.names)
		var callers []textCaller
		for _, folder := range folders {
			list, err := s.stores[s.k].List(folder, ".h")
			if err != nil {
				return err
			}
			for _, file := range list {
				found, err := s.scanFile(file, c.names)
				if err != nil {
					return err
				}
				for _, x := range found {
					if x.def.Macro {
						c.names[x.def.Name] = true
					} else {
						callers = append(callers, x)
					}
				}
			}
		}
		if known == len(c.names) {
			c.callers = append(c.callers, callers...)
		}
	}
	return nil
}

// addSources adds the functions of C files that call a contract.
func (s *callerSearch) addSources(ctx context.Context, c *callerScan, folders []string) error {
	for _, folder := range folders {
		list, err := s.stores[s.k].List(folder, ".c")
		if err != nil {
			return err
		}
		for _, file := range list {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := s.addSource(c, file); err != nil {
				return err
			}
		}
	}
	return nil
}

// addSource is addSources for one file, whose own macros count.
func (s *callerSearch) addSource(c *callerScan, file string) error {
	names := c.names
	if own := c.macros[file]; own != nil {
		names = maps.Clone(c.names)
		maps.Copy(names, own)
	}
	if len(names) == 0 {
		return nil
	}
	for {
		found, err := s.scanFile(file, names)
		if err != nil {
			return err
		}
		more := false
		var callers []textCaller
		for _, x := range found {
			switch {
			case !x.def.Macro:
				callers = append(callers, x)
			case !names[x.def.Name]:
				if !more {
					names = maps.Clone(names)
				}
				names[x.def.Name] = true
				more = true
			}
		}
		if !more {
			c.callers = append(c.callers, callers...)
			return nil
		}
	}
}

// scanFile returns the definitions of a file that the patch left alone and that
// have one of the names.
func (s *callerSearch) scanFile(file string, names map[string]bool) ([]textCaller, error) {
	if !isReviewed(file) {
		return nil, nil
	}
	data, err := source.ReadShared(s.Prefixes[s.k].Tree, file)
	if err != nil {
		return nil, err
	}
	if !hasAny(data, names) {
		return nil, nil
	}
	var list []textCaller
	for _, d := range s.stores[s.k].Definitions(file) {
		if !names[d.Name] && !s.changed[file+"#"+d.Name] && mentionsAny(d.Text, names) {
			list = append(list, textCaller{file, d})
		}
	}
	return list, nil
}

func hasAny(data []byte, names map[string]bool) bool {
	for name := range names {
		if bytes.Contains(data, []byte(name)) {
			return true
		}
	}
	return false
}

func mentionsAny(text string, names map[string]bool) bool {
	for name := range names {
		if facts.ContainsWord(text, name) {
			return true
		}
	}
	return false
}

// includersOf returns the C files that may include a header in which a function
// stands: those that name the function, then those that name the header, those
// that are read anyway first.
func (s *callerSearch) includersOf(c *textCaller, read, folders []string) ([]string, error) {
	var naming, including []string
	base := []byte(path.Base(c.path))
	for _, folder := range folders {
		list, err := s.stores[s.k].List(folder, ".c")
		if err != nil {
			return nil, err
		}
		for _, file := range list {
			data, err := source.ReadShared(s.Prefixes[s.k].Tree, file)
			switch {
			case err != nil:
				return nil, err
			case bytes.Contains(data, []byte(c.def.Name)):
				naming = append(naming, file)
			case bytes.Contains(data, base) && strings.HasSuffix(c.path, ".h"):
				including = append(including, file)
			}
		}
	}
	return append(append(read[:len(read):len(read)], naming...), including...), nil
}
