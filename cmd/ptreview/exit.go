package main

import (
	"fmt"
	"strings"
)

// Exit statuses. exitMeanings says what they mean.
const (
	exitClean      = 0
	exitFindings   = 1
	exitUsage      = 2
	exitIncomplete = 3
)

// exitMeaning is what an exit status means.
type exitMeaning struct {
	status int
	means  string
}

// exitMeanings is the one place that says so: --help, the man pages and
// README.md are made of it. A status never changes its meaning.
func exitMeanings() []exitMeaning {
	return []exitMeaning{
		{exitClean, "done; of a review: nothing was found at or above --fail-on"},
		{exitFindings, "findings; of laws: one is broken; of replay: one was not reproduced; of eval: something is missed, or a false alarm"},
		{exitUsage, "bad usage, configuration or input, or the output could not be written"},
		{exitIncomplete, "something asked for could not be run, or it was interrupted"},
	}
}

// exitText lists the statuses as --help shows them, indented.
func exitText() string {
	var b strings.Builder
	for _, m := range exitMeanings() {
		fmt.Fprintf(&b, "  %d  %s\n", m.status, m.means)
	}
	return b.String()
}
