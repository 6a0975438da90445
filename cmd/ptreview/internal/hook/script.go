package hook

import "strings"

// mark is the line by which a hook of ours is known.
const mark = `# Written by "ptreview hook install"; "ptreview hook uninstall" takes it away.`

// kept is what is added to the name of a hook that was there before.
const kept = ".before-ptreview"

// Script returns the sh script of a hook, which runs the hook that was there
// before, if one was kept, and then program with args. Without the program it
// says so and lets git go on: a hook must not outlive what it runs.
func Script(k Kind, program string, args []string) []byte {
	var s strings.Builder
	s.WriteString("#!/bin/sh\n" + mark + "\n")
	give := ""
	if k.Input {
		// Both read the lines that git writes once.
		s.WriteString("lines=$(cat)\ngive() { [ -z \"$lines\" ] || printf '%s\\n' \"$lines\"; }\n")
		give = "give | "
	}
	s.WriteString(`before="$(dirname "$0")/` + k.Name + kept + "\"\n")
	s.WriteString("if [ -x \"$before\" ]; then\n\t" + give + "\"$before\" \"$@\" || exit\nfi\n")
	s.WriteString("ptreview=" + quote(program) + "\n")
	s.WriteString("[ -x \"$ptreview\" ] || ptreview=ptreview\n")
	s.WriteString("if ! command -v \"$ptreview\" >/dev/null 2>&1; then\n\techo 'ptreview: not installed any more, nothing was reviewed' >&2\n\texit 0\nfi\n")
	s.WriteString(give + `"$ptreview" hook run ` + k.Name)
	for _, a := range args {
		s.WriteString(" " + quote(a))
	}
	s.WriteString(" -- \"$@\"\n")
	return []byte(s.String())
}

// quote makes one word of the shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
