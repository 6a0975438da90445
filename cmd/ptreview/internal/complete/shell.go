package complete

import (
	"embed"
	"fmt"
	"io"
	"strings"
)

//go:embed scripts
var scripts embed.FS

// Shells are those that there are scripts for.
func Shells() []string { return []string{"bash", "zsh", "fish"} }

// Script returns what a shell has to read. It calls
//
//	PROGRAM complete SHELL -- WORDS
//
// with the words up to the cursor, as the shell cuts them.
func Script(shell string) ([]byte, error) { return scripts.ReadFile("scripts/ptreview." + shell) }

// bashBreaks are characters at which bash cuts words that are one to others.
// Source: bash(1), COMP_WORDBREAKS.
const bashBreaks = "=:"

// Cut returns the words as other shells cut them.
func Cut(shell string, words []string) []string {
	if shell != "bash" {
		return words
	}
	var list []string
	glued := false
	for _, w := range words {
		breaks := w != "" && strings.Trim(w, bashBreaks) == ""
		if (breaks || glued) && len(list) > 0 {
			list[len(list)-1] += w
		} else {
			list = append(list, w)
		}
		glued = breaks
	}
	return list
}

// Write writes candidates for the last word as the script of a shell reads
// them, one a line.
func Write(w io.Writer, shell, last string, list []Candidate) error {
	for _, c := range list {
		if _, err := fmt.Fprintln(w, row(shell, last, c)); err != nil {
			return err
		}
	}
	return nil
}

func row(shell, last string, c Candidate) string {
	switch {
	case shell == "bash": // replaces only what is behind the last cut
		return c.Word[strings.LastIndexAny(last, bashBreaks)+1:]
	case shell == "zsh":
		return strings.ReplaceAll(c.Word, ":", `\:`) + ":" + c.Help
	}
	return c.Word + "\t" + c.Help
}
