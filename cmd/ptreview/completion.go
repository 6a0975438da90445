package main

import (
	"github.com/alecthomas/kong"

	"ptreview/arch"
	"ptreview/cmd/ptreview/internal/complete"
	"ptreview/cmd/ptreview/internal/hook"
	"ptreview/cmd/ptreview/internal/report"
	"ptreview/rules"
	"ptreview/semantics/contract"
	"ptreview/semantics/pagetable"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"The shell: ${enum}."`
}

// Help is shown by ptreview completion --help.
func (*completionCmd) Help() string {
	return `Prints a script by which a shell completes commands, flags, rules,
architectures and formats of ptreview.

Examples:
  source <(ptreview completion bash)           (in ~/.bashrc)
  source <(ptreview completion zsh)            (in ~/.zshrc, behind compinit)
  ptreview completion fish > ~/.config/fish/completions/ptreview.fish`
}

func (c *completionCmd) Run(s streams) error {
	script, err := complete.Script(c.Shell)
	if err != nil {
		return err
	}
	_, err = s.out.Write(script)
	return err
}

// completeCmd is what the scripts call.
type completeCmd struct {
	Shell string   `arg:"" enum:"bash,zsh,fish"`
	Words []string `arg:"" optional:""`
}

func (c *completeCmd) Run(k *kong.Context, s streams) error {
	words := complete.Cut(c.Shell, c.Words)
	last := ""
	if len(words) > 0 {
		last = words[len(words)-1]
	}
	return complete.Write(s.out, c.Shell, last, complete.Words(k.Model, words, valuesOf))
}

// valuesOf lists what a flag or an argument can be, by its name.
func valuesOf(v *kong.Value) []complete.Candidate {
	switch v.Name {
	case "arch":
		return bare(arch.Builtin().Names())
	case "rule":
		var list []complete.Candidate
		for _, r := range rules.All() {
			list = append(list, complete.Candidate{Word: r.Name, Help: r.Doc.Summary})
		}
		return list
	case "kind":
		var names []string
		for _, k := range hook.Kinds() {
			names = append(names, k.Name)
		}
		return bare(names)
	case "law":
		return bare(lawNames(contract.Laws()))
	case "era":
		return bare(append(eraNames(), "all"))
	case "output":
		return faces(v, "=")
	}
	if _, ok := v.Target.Interface().(faceName); ok {
		return faces(v, "")
	}
	if v.Enum != "" {
		return bare(v.EnumSlice())
	}
	return nil
}

func bare(words []string) []complete.Candidate {
	var list []complete.Candidate
	for _, w := range words {
		list = append(list, complete.Candidate{Word: w})
	}
	return list
}

// faces lists the forms of a report. A flag that is no list, as -o of a command
// that writes something else, wants a file.
func faces(v *kong.Value, behind string) []complete.Candidate {
	var list []complete.Candidate
	if behind != "" && !v.IsSlice() {
		return nil
	}
	for _, f := range report.Faces() {
		list = append(list, complete.Candidate{Word: f.Name + behind, Help: f.Help})
	}
	return list
}

// eraNames lists the locking rules that races are played with.
func eraNames() []string {
	var names []string
	for _, era := range pagetable.Eras() {
		names = append(names, era.Name)
	}
	return names
}
