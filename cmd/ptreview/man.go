package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"

	"ptreview/cmd/ptreview/internal/man"
	"ptreview/cmd/ptreview/internal/near"
)

type manCmd struct {
	Command []string `arg:"" optional:"" help:"The command (default: the page of the whole program)."`
	Dir     string   `help:"Write all pages into this folder instead, which must be there." placeholder:"DIR"`
}

// Help is shown by ptreview man --help.
func (*manCmd) Help() string {
	return `Prints a manual page, made of what the program knows of itself.

Examples:
  ptreview man review | man -l -
  ptreview man --dir /usr/local/share/man/man1`
}

func (c *manCmd) Run(k *kong.Context, s streams) error {
	if c.Dir != "" {
		return writePages(c.Dir, k.Model.Node)
	}
	node, err := commandOf(k.Model.Node, c.Command)
	if err != nil {
		return err
	}
	_, err = io.WriteString(s.out, page(node).Roff())
	return err
}

// commandOf returns the command that words name, the program for none.
func commandOf(node *kong.Node, words []string) (*kong.Node, error) {
	for _, w := range words {
		var next *kong.Node
		var names []string
		for _, child := range shown(node) {
			if names = append(names, child.Name); child.Name == w {
				next = child
			}
		}
		if next == nil {
			return nil, fmt.Errorf("there is no command %q%s", w, near.Instead(w, names, "the commands are"))
		}
		node = next
	}
	return node, nil
}

// shown are the commands below one that people are told of.
func shown(node *kong.Node) []*kong.Node {
	var list []*kong.Node
	for _, child := range node.Children {
		if !child.Hidden {
			list = append(list, child)
		}
	}
	return list
}

// writePages writes the page of a command and those of the ones below it.
func writePages(dir string, node *kong.Node) error {
	p := page(node)
	if err := os.WriteFile(filepath.Join(dir, p.Name+".1"), []byte(p.Roff()), 0o644); err != nil {
		return err
	}
	for _, child := range shown(node) {
		if err := writePages(dir, child); err != nil {
			return err
		}
	}
	return nil
}

// pageName is what the page of a command is called: ptreview-hook-install.
func pageName(node *kong.Node) string { return strings.ReplaceAll(node.FullPath(), " ", "-") }

// page makes the page of a command.
func page(node *kong.Node) *man.Page {
	root := node
	for root.Parent != nil {
		root = root.Parent
	}
	p := &man.Page{Name: pageName(node), Source: programName + " " + version(), Summary: node.Help}
	if node == root {
		p.Summary = "review Linux kernel patch series"
		p.Text, _, _ = strings.Cut(node.Help, "\n\nExit status:\n")
	} else {
		p.Text, p.Examples, _ = strings.Cut("\n"+node.Detail, "\nExamples:\n")
	}
	p.Usage = strings.TrimSpace(root.Name + " " + node.Summary())
	for _, v := range node.Positional {
		p.Arguments = append(p.Arguments, man.Item{Term: v.Summary(), Text: v.Help})
	}
	for _, child := range shown(node) {
		p.Commands = append(p.Commands, man.Item{Term: child.FullPath(), Text: child.Help})
		p.SeeAlso = append(p.SeeAlso, pageName(child))
	}
	for _, group := range node.AllFlags(true) {
		for _, f := range group {
			p.Options = append(p.Options, man.Item{Term: f.String(), Text: f.Help})
			if s := settingOf(node, f.Name); s != nil {
				p.Variables = append(p.Variables, man.Item{Term: s.Variable(), Text: "Stands for --" + s.Key + " where that is not given."})
			}
		}
	}
	for _, m := range exitMeanings() {
		p.Statuses = append(p.Statuses, man.Item{Term: fmt.Sprint(m.status), Text: m.means})
	}
	if node.Parent != nil {
		p.SeeAlso = append(p.SeeAlso, pageName(node.Parent))
	}
	return p
}
