package report

import (
	"fmt"
	"iter"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/muesli/termenv"
)

// place writes file:line, which leads to the file of a tree on disk where the
// terminal can show that.
func (t *text) place(file string, line int, style func(string) string) string {
	shown := style(fmt.Sprintf("%s:%d", file, line))
	root := t.m.Report.Tree.Source
	if !t.opt.Links || !filepath.IsAbs(root) || strings.Contains(file, "..") {
		return shown
	}
	target := url.URL{Scheme: "file", Path: filepath.Join(root, file)}
	return termenv.Hyperlink(target.String(), shown)
}

// archived writes the subject of a mail, which leads to the archive of all
// kernel lists.
func (t *text) archived(subject, messageID string) string {
	shown := t.faint(subject)
	if !t.opt.Links || messageID == "" {
		return shown
	}
	return termenv.Hyperlink("https://lore.kernel.org/all/"+url.PathEscape(messageID)+"/", shown)
}

// chunks cuts a list into parts of at most n.
func chunks(list []rune, n int) [][]rune {
	var parts [][]rune
	for len(list) > n {
		parts = append(parts, list[:n])
		list = list[n:]
	}
	if len(list) > 0 {
		parts = append(parts, list)
	}
	return parts
}

// runs yields the longest parts of equal runes.
func runs(list []rune) iter.Seq[[]rune] {
	return func(yield func([]rune) bool) {
		for len(list) > 0 {
			n := 1
			for n < len(list) && list[n] == list[0] {
				n++
			}
			if !yield(list[:n]) {
				return
			}
			list = list[n:]
		}
	}
}

func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-len(s))) }
