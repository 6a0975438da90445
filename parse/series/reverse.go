package series

import (
	"fmt"
	"slices"
)

// Reverse returns the series that undoes s: its patches reversed, the last one
// first. Their subjects say that they are, and what its mails were written for
// is left out: base, cover and messages.
func (s *Series) Reverse() *Series {
	out := *s
	out.Subject, out.MessageID, out.BaseCommit, out.Cover = reverseOf(s.Subject), "", "", nil
	out.Patches = make([]*Patch, 0, len(s.Patches))
	for _, p := range slices.Backward(s.Patches) {
		back := *p
		back.Position = len(out.Patches) + 1
		back.N, back.Total, back.MessageID, back.InReplyTo = 0, 0, "", ""
		back.Subject, back.Title = reverseOf(p.Subject), reverseOf(p.Title)
		back.Diff = p.Diff.Reverse()
		out.Patches = append(out.Patches, &back)
	}
	return &out
}

func reverseOf(subject string) string {
	if subject == "" {
		return "reverse of a patch without a subject"
	}
	return fmt.Sprintf("reverse of %q", subject)
}
