package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/alecthomas/kong"

	"ptreview/cmd/ptreview/internal/config"
	"ptreview/cmd/ptreview/internal/gitcmd"
)

type configCmd struct {
	Write configWriteCmd `cmd:"" default:"withargs" help:"Write the .config of a class (default)."`
	Check configCheckCmd `cmd:"" help:"Check the configuration of ptreview, and show what holds and why."`
}

type configCheckCmd struct {
	Tree string `help:"The tree whose .ptreview.yaml is checked (default: the repository that the working folder is in, else that folder)." placeholder:"DIR"`
}

// Help is shown by ptreview config check --help.
func (*configCheckCmd) Help() string {
	return `A configuration is a file of settings, called as the flags of ptreview review
are:

  arch: [powerpc, x86]
  fail-on: warning

What stands first holds: flags, variables of the environment (PTREVIEW_FAIL_ON
for fail-on), .ptreview.yaml of the tree, ptreview/config.yaml of the user (in
XDG_CONFIG_HOME) and of the system (in XDG_CONFIG_DIRS, or /etc/xdg and /etc). A
tree may set only what the table below says. A review heeds the .ptreview.yaml of
the tree before the first patch, as it is committed where that is a commit; the
hooks that receive a push heed none.

Each mistake is named with its file and line, and the exit status is 2.

Examples:
  ptreview config check
  ptreview config check --tree linux/`
}

func (c *configCheckCmd) Run(ctx context.Context, k *kong.Context, s streams, l *levels) error {
	l.load()
	errs := slices.Concat(l.errs, config.Misspelt(l.environ, plainSettings()))
	folder, err := os.OpenRoot(c.folder(ctx)) // a link cannot lead out of it
	if err != nil {
		return err
	}
	defer folder.Close()
	files := append([]configFile{{filepath.Join(folder.Name(), treeConfig), config.Tree}}, configFiles()...)
	values, own := readTreeConfig(folder.FS())
	errs = append(errs, own...)
	held := l.over(values)
	if v := lookup(held, "arch"); v != nil {
		errs = append(errs, checkArchs(v, lookup(held, "arch-data"))...)
	}
	for _, err := range errs {
		fail(s, err)
	}
	if err := printLevels(s, files); err != nil {
		return err
	}
	if err := printSettings(s, k.Model, held); err != nil {
		return err
	}
	if len(errs) > 0 {
		return &statusError{status: exitUsage}
	}
	return nil
}

// folder is where the configuration of the tree is looked for.
func (c *configCheckCmd) folder(ctx context.Context) string {
	if c.Tree != "" {
		return c.Tree
	}
	g, err := gitcmd.Open(ctx, ".", os.Environ())
	if err != nil {
		return "."
	}
	return g.Top()
}

// checkArchs says which architectures are known neither to the program nor from
// the data files that are set.
func checkArchs(names, files *config.Value) []error {
	var flags archFlags
	if files != nil {
		flags.ArchData = files.Words
	}
	known, err := flags.load()
	if err != nil {
		return []error{fmt.Errorf("%s: %w", files.Place, err)}
	}
	var errs []error
	for _, name := range names.Words {
		if _, err := namedArch(known, name); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", names.Place, err))
		}
	}
	return errs
}

// printLevels lists the files, and whether they are there.
func printLevels(s streams, files []configFile) error {
	t := table{{"level", "file", ""}}
	for _, f := range files {
		state := "is not there"
		if _, err := os.Stat(f.name); err == nil {
			state = "is read"
		}
		t = append(t, []string{f.level.String(), f.name, state})
	}
	return t.write(s.out)
}

// printSettings lists what holds for ptreview review without flags, and from
// where it comes.
func printSettings(s streams, app *kong.Application, held []config.Value) error {
	t := table{{"setting", "value", "from", "a tree may set it"}}
	for _, set := range allSettings() {
		row := []string{set.Key, defaultOf(app, set.Key), "default", "yes"}
		if v := lookup(held, set.Key); v != nil {
			row[1], row[2] = dash(v.Text()), v.Place
		}
		if set.Refused != "" {
			row[3] = "no: " + set.Refused
		}
		t = append(t, row)
	}
	fmt.Fprintln(s.out)
	return t.write(s.out)
}

// defaultOf is what a flag of ptreview review is when nothing sets it.
func defaultOf(app *kong.Application, name string) string {
	for _, node := range app.Children {
		if node.Name != "review" {
			continue
		}
		for _, f := range node.Flags {
			if f.Name == name && f.HasDefault {
				return f.Default
			}
		}
	}
	return "-"
}
