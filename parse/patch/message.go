package patch

import (
	"bytes"
	"strings"

	"ptreview/parse/mbox"
)

// message finds the commit message in the text before the diff: from the last
// scissors line to ---.
func (s *scanner) message() {
	begin, end := 0, s.begin
	for i, line := range s.lines[:s.begin] {
		if isScissors(line) {
			begin = i + 1
		}
	}
	for i, line := range s.lines[begin:end] {
		if string(bytes.TrimRight(line, " \r")) == "---" {
			end = begin + i
			break
		}
	}
	for begin < end && len(bytes.TrimSpace(s.lines[begin])) == 0 {
		begin++
	}
	for end > begin && len(bytes.TrimSpace(s.lines[end-1])) == 0 {
		end--
	}
	s.patch.Message = string(bytes.Join(s.lines[begin:end], []byte{'\n'}))
	s.patch.MessageLine = s.lineAt(begin + 1)
	s.patch.BaseCommit = s.baseCommit()
}

// baseCommit reads the trailer that format-patch --base writes.
func (s *scanner) baseCommit() string {
	for _, line := range s.lines {
		id, ok := bytes.CutPrefix(trimCR(line), []byte("base-commit: "))
		if !ok {
			continue
		}
		id, _, _ = bytes.Cut(id, []byte{' '})
		if name := string(id); len(name) >= 7 && isHexName(name) {
			return name
		}
	}
	return ""
}

// isScissors matches -- >8 -- and its variants: dashes around a pair of
// scissors, and perhaps the words "cut here".
func isScissors(line []byte) bool {
	text := strings.TrimSpace(string(line))
	if len(text) < 4 || len(text) > 200 {
		return false
	}
	marks, dashes := 0, strings.Count(text, "-")
	for _, mark := range []string{">8", "8<", ">%", "%<"} {
		marks += strings.Count(text, mark)
		text = strings.ReplaceAll(text, mark, "")
	}
	text = strings.ReplaceAll(strings.ToLower(text), "cut here", "")
	return marks > 0 && dashes >= 2 && strings.Trim(text, "- ") == ""
}

// readInBodyHeader takes From: and Subject: at the top of the message, with
// which a patch names its author when somebody else sent it. They count only
// as a block of their own, with a blank line after it.
func (p *Patch) readInBodyHeader() {
	lines := strings.Split(p.Message, "\n")
	values := make(map[string]string)
	n, last := 0, ""
	for ; n < len(lines); n++ {
		if name, value, ok := inBodyField(lines[n]); ok {
			values[name], last = value, name
		} else if last != "" && strings.HasPrefix(lines[n], " ") {
			values[last] += " " + strings.TrimSpace(lines[n])
		} else {
			break
		}
	}
	if n == 0 || n < len(lines) && lines[n] != "" {
		return
	}
	if from := values["From"]; from != "" {
		p.From = mbox.ParseAddress(from)
	}
	p.Subject = values["Subject"]
	for n < len(lines) && lines[n] == "" {
		n++
	}
	p.Message = strings.Join(lines[n:], "\n")
	p.MessageLine += n
}

func inBodyField(line string) (name, value string, ok bool) {
	for _, name := range []string{"From", "Subject", "Date"} {
		if value, ok := strings.CutPrefix(line, name+": "); ok {
			return name, strings.TrimSpace(value), true
		}
	}
	return "", "", false
}
