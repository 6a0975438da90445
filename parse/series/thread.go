package series

import (
	"fmt"
	"strings"

	"ptreview/parse/patch"
)

// threadsOf numbers the letters so that two have the same number exactly if
// they belong to versions of one series: they answer each other or a common
// mail, or share author and title.
func threadsOf(letters []*letter) []int {
	groups := newGroups(len(letters))
	byKey := make(map[string]int)
	join := func(i int, key string) {
		if first, ok := byKey[key]; ok {
			groups.join(first, i)
			return
		}
		byKey[key] = i
	}
	for i, l := range letters {
		for _, id := range append([]string{l.mail.MessageID, l.mail.InReplyTo}, l.mail.References...) {
			if id != "" {
				join(i, "id "+id)
			}
		}
		for _, key := range l.names() {
			join(i, key)
		}
	}
	threads := make([]int, len(letters))
	for i := range letters {
		threads[i] = groups.root(i)
	}
	return threads
}

// names returns the keys by which the letter is known without a thread: its
// author with its title, and for patches sent without threading the author
// with version and total.
func (l *letter) names() []string {
	if !l.isPatch() && l.kind != patch.Cover {
		return nil
	}
	author := strings.ToLower(l.mail.From.Addr)
	var keys []string
	if l.tag.Title != "" {
		keys = append(keys, "title "+author+" "+strings.ToLower(l.tag.Title))
	}
	alone := l.mail.InReplyTo == "" && len(l.mail.References) == 0
	if alone && l.tag.Total > 1 && l.kind != patch.Cover {
		keys = append(keys, fmt.Sprintf("unthreaded %s v%d of %d", author, l.tag.Version, l.tag.Total))
	}
	return keys
}

// groups is a union-find over letters.
type groups []int

func newGroups(n int) groups {
	g := make(groups, n)
	for i := range g {
		g[i] = i
	}
	return g
}

func (g groups) root(i int) int {
	for g[i] != i {
		g[i] = g[g[i]]
		i = g[i]
	}
	return i
}

// join makes the lower number the root, so that it does not depend on order.
func (g groups) join(a, b int) {
	a, b = g.root(a), g.root(b)
	g[max(a, b)] = min(a, b)
}
