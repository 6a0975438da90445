package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/alecthomas/kong"

	"ptreview/cmd/ptreview/internal/config"
)

// levels answer for the flags that are not on the command line: the
// environment, and the files of the user and of the system. What a tree sets
// comes in when its review has opened it.
type levels struct {
	environ []string
	loaded  bool
	values  []config.Value // by precedence
	errs    []error        // of the same places
	asked   bool           // for a flag that is a setting
	given   []string       // flags of the command line
}

// Validate is there for kong.Resolver.
func (l *levels) Validate(*kong.Application) error { return nil }

// Resolve returns the value of a flag that is not on the command line, nil for
// none. What is wrong with the files is left to err.
func (l *levels) Resolve(_ *kong.Context, path *kong.Path, flag *kong.Flag) (any, error) {
	if settingOf(path.Node(), flag.Name) == nil {
		return nil, nil
	}
	l.load()
	l.asked = true
	v := lookup(l.values, flag.Name)
	switch {
	case v == nil || len(l.errs) > 0:
		return nil, nil
	case v.Kind == config.List: // its words are not cut again
		words := []any{}
		for _, w := range v.Words {
			words = append(words, w)
		}
		return words, nil
	}
	return v.Words[0], nil
}

// err is the first mistake in the configuration of a command that has settings.
func (l *levels) err() error {
	if !l.asked || len(l.errs) == 0 {
		return nil
	}
	return l.errs[0]
}

// load reads the environment and the files, once.
func (l *levels) load() {
	if l.loaded {
		return
	}
	l.loaded = true
	values, errs := config.Environ(l.environ, plainSettings())
	l.add(values, errs)
	for _, f := range configFiles() {
		l.add(f.read())
	}
}

func (l *levels) add(values []config.Value, errs []error) {
	l.values = append(l.values, values...)
	l.errs = append(l.errs, errs...)
}

// flagsOf returns the flags of the command line, by name.
func flagsOf(k *kong.Context) []string {
	var names []string
	for _, p := range k.Path {
		if p.Flag != nil && !p.Resolved {
			names = append(names, p.Flag.Name)
		}
	}
	return names
}

// configFile is a file that may be there.
type configFile struct {
	name  string
	level config.Level
}

// configFiles are the files of the user and of the system, by precedence.
// XDG_CONFIG_DIRS moves the latter: it is /etc/xdg and /etc where not set.
func configFiles() []configFile {
	var list []configFile
	if dir, err := os.UserConfigDir(); err == nil {
		list = append(list, configFile{configName(dir), config.User})
	}
	system := filepath.SplitList(os.Getenv("XDG_CONFIG_DIRS"))
	if len(system) == 0 {
		system = []string{"/etc/xdg", "/etc"}
	}
	for _, dir := range system {
		if filepath.IsAbs(dir) { // others are to be ignored, says the specification
			list = append(list, configFile{configName(dir), config.System})
		}
	}
	return list
}

func configName(dir string) string { return filepath.Join(dir, "ptreview", "config.yaml") }

// read reads the file; one that is not there sets nothing.
func (f configFile) read() ([]config.Value, []error) {
	data, err := os.ReadFile(f.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, []error{fmt.Errorf("the configuration cannot be read: %w", err)}
	}
	return config.Read(f.name, data, f.level, plainSettings())
}
