package syntax

import (
	"strings"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// unitOf lexes text that needs no preprocessing.
func unitOf(path, text string) *cpp.Unit {
	set := source.NewSet()
	cache := cpp.NewCache(set)
	lexed := cache.Lex(set.Add(path, []byte(text)))
	return &cpp.Unit{Names: cache.Names, Set: set, Tokens: lexed.Code()}
}

// flat makes printed C comparable to one-line tables.
func flat(s string) string { return strings.Join(strings.Fields(s), " ") }

