package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"ptreview/cmd/ptreview/internal/config"
	"ptreview/cmd/ptreview/internal/near"
	"ptreview/rules"
)

// treeConfig is the file that a tree says in how it wants to be reviewed.
const treeConfig = ".ptreview.yaml"

// setting is one that commands know: each is the flag of its name, of all
// commands that have it or of some.
type setting struct {
	config.Setting
	commands []string // none for all
	// fromTree puts what a tree sets into its review; nil where it may not.
	fromTree func(*reviewCmd, config.Value)
}

// reviewing are the commands whose flags say how to review.
func reviewing() []string { return []string{"review", "hook run", "b4"} }

// allSettings lists what can be set. A tree that is reviewed may only say what
// is looked at, what is told, and from where on that counts: all else would let
// a stranger's tree read or write files, or speak for the reviewer.
func allSettings() []setting {
	return []setting{
		{config.Setting{Key: "arch", Kind: config.List}, reviewing(),
			func(c *reviewCmd, v config.Value) { c.Arch = v.Words }},
		{config.Setting{Key: "rule", Kind: config.List, Check: isRule}, reviewing(),
			func(c *reviewCmd, v config.Value) { c.Rule = v.Words }},
		{config.Setting{Key: "fail-on", Check: isSeverity}, []string{"review", "hook run"},
			func(c *reviewCmd, v config.Value) { c.FailOn = v.Words[0] }},
		{config.Setting{Key: "no-assume", Kind: config.Switch}, reviewing(),
			func(c *reviewCmd, v config.Value) { c.NoAssume = v.Words[0] == "true" }},
		{config.Setting{Key: "format", Check: isFormat}, []string{"review"},
			func(c *reviewCmd, v config.Value) { c.Format = faceName(v.Words[0]) }},
		{config.Setting{Key: "show-types", Kind: config.Switch}, []string{"review"},
			func(c *reviewCmd, v config.Value) { c.ShowTypes = v.Words[0] == "true" }},
		{config.Setting{Key: "output", Kind: config.List, Refused: "it names files to write"}, []string{"review"}, nil},
		{config.Setting{Key: "mail-from", Refused: "it says who mails are from"}, []string{"review"}, nil},
		{config.Setting{Key: "mail-clean", Kind: config.Switch, Refused: "it says when mails are written"}, []string{"review"}, nil},
		{config.Setting{Key: "arch-data", Kind: config.List, Refused: "it names files to read"}, nil, nil},
		{config.Setting{Key: "baseline", Refused: "it says which findings do not count", Check: isAbsolute}, append(reviewing(), "audit"), nil},
		{config.Setting{Key: "jobs", Refused: "it is a matter of the machine", Check: isNumber}, nil, nil},
		{config.Setting{Key: "cache", Refused: "it names a folder to write to"}, nil, nil},
		{config.Setting{Key: "cache-limit", Refused: "it is a matter of the machine", Check: isNumber}, nil, nil},
	}
}

func isRule(name string) error {
	if rules.Named(name) == nil {
		return unknownRule(name)
	}
	return nil
}

// severities are the values of --fail-on.
func severities() []string { return []string{"error", "warning", "note"} }

func isSeverity(name string) error {
	if !slices.Contains(severities(), name) {
		return fmt.Errorf("there is no severity %q%s", name, near.Instead(name, severities(), "there are"))
	}
	return nil
}

func isFormat(name string) error {
	_, err := faceName(name).face()
	return err
}

func isNumber(text string) error {
	if _, err := strconv.Atoi(text); err != nil {
		return fmt.Errorf("%q is no number", text)
	}
	return nil
}

// plainSettings are the settings as files and the environment know them.
func plainSettings() []config.Setting {
	var list []config.Setting
	for _, s := range allSettings() {
		list = append(list, s.Setting)
	}
	return list
}

// settingOf returns the setting that a flag of a command is, nil if it is none.
func settingOf(node *kong.Node, flag string) *setting {
	command := strings.TrimPrefix(node.FullPath(), programName+" ")
	for _, s := range allSettings() {
		if s.Key == flag && (s.commands == nil || slices.Contains(s.commands, command)) {
			return &s
		}
	}
	return nil
}

// nameVariables puts the variable that sets a flag into its help.
func nameVariables(node *kong.Node) {
	for _, f := range node.Flags {
		if s := settingOf(node, f.Name); s != nil {
			f.Help = strings.TrimSuffix(f.Help, ".") + " (" + s.Variable() + ")."
		}
	}
	for _, child := range node.Children {
		nameVariables(child)
	}
}
