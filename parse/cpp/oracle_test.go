package cpp_test

import (
	"context"
	"fmt"
	"testing"

	"ptreview/parse/cpp"
	"ptreview/parse/cpp/oracle"
	"ptreview/parse/source"
)

// TestKernel compares the tokens of real units with those of real compilers.
func TestKernel(t *testing.T) {
	for _, tree := range oracle.Trees(t) {
		cache := cpp.NewCache(source.NewSet())
		for _, target := range append(oracle.Targets(), oracle.HugePageTargets()...) {
			t.Run(tree.Version+"/"+target.Name, func(t *testing.T) {
				k := oracle.Build(t, tree, target)
				for _, file := range k.Files(t) {
					compareWithGCC(t, cache, k, file)
				}
			})
		}
	}
}

func compareWithGCC(t *testing.T, cache *cpp.Cache, k *oracle.Kernel, file string) {
	u, err := cache.Preprocess(context.Background(), file, k.Options(t, cache, file))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range u.Errors {
		t.Error(e.Stack())
	}
	got := withPragmas(u)
	want := gccTokens(k.Preprocessed(t, file))
	if len(u.Tokens) < 10000 {
		t.Errorf("%s: only %d tokens", file, len(u.Tokens))
	}
	diffTokens(t, file, u, got, want)
	sameAfresh(t, cache, file, k.Options(t, cache, file), u)
}

// withPragmas returns the unit's tokens, pragmas in their places.
func withPragmas(u *cpp.Unit) []cpp.Token {
	out := make([]cpp.Token, 0, len(u.Tokens))
	next := 0
	for _, p := range u.Pragmas {
		out = append(out, u.Tokens[next:p.Before]...)
		next = p.Before
		out = append(out, cpp.Token{Kind: cpp.Punct, Sym: cpp.Hash}, cpp.Token{Kind: cpp.Ident, Sym: u.Names.Intern([]byte("pragma"))})
		out = append(out, p.Tokens...)
	}
	return append(out, u.Tokens[next:len(u.Tokens)-1]...)
}

// gccTokens splits the output of gcc -E, which has no comments, splices or
// digraphs, leaving out line markers. It is independent of the lexer under
// test.
func gccTokens(text []byte) []string {
	var out []string
	i, line := 0, true
	for i < len(text) {
		c := text[i]
		switch {
		case c == '\n':
			line = true
			i++
			continue
		case c == ' ' || c == '\t' || c == '\f' || c == '\v' || c == '\r':
			i++
			continue
		case c == '#' && line && i+2 < len(text) && text[i+1] == ' ' && text[i+2] >= '0' && text[i+2] <= '9':
			for i < len(text) && text[i] != '\n' {
				i++
			}
			continue
		}
		line = false
		n := gccToken(text[i:])
		out = append(out, string(text[i:i+n]))
		i += n
	}
	return out
}

func gccToken(text []byte) int {
	word := func(c byte) bool {
		return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	number := text[0] >= '0' && text[0] <= '9' || text[0] == '.' && len(text) > 1 && text[1] >= '0' && text[1] <= '9'
	switch {
	case number:
		n := 1
		for word(text[n]) || text[n] == '.' || (text[n] == '+' || text[n] == '-') && (text[n-1]|32 == 'e' || text[n-1]|32 == 'p') {
			n++
		}
		return n
	case word(text[0]):
		n := 1
		for word(text[n]) {
			n++
		}
		if (text[n] == '"' || text[n] == '\'') && (string(text[:n]) == "L" || string(text[:n]) == "u" || string(text[:n]) == "U" || string(text[:n]) == "u8") {
			return n + gccToken(text[n:])
		}
		return n
	case text[0] == '"' || text[0] == '\'':
		n := 1
		for text[n] != text[0] {
			if text[n] == '\\' {
				n++
			}
			n++
		}
		return n + 1
	}
	for _, p := range []string{"<<=", ">>=", "...", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||",
		"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "##"} {
		if len(text) >= len(p) && string(text[:len(p)]) == p {
			return len(p)
		}
	}
	return 1
}

func diffTokens(t *testing.T, file string, u *cpp.Unit, got []cpp.Token, want []string) {
	for i, w := range want {
		if i < len(got) && u.Spelling(got[i]) == w {
			continue
		}
		around := func(n int, s func(int) string) string {
			text := ""
			for j := max(0, i-12); j < min(n, i+12); j++ {
				text += " " + s(j)
			}
			return text
		}
		where := "the end"
		if i < len(got) {
			where = fmt.Sprint(u.Position(got[i].Loc()), u.Chain(got[i].Loc()))
		}
		t.Errorf("%s: token %d of %d, at %s:\ngot:  %s\nwant: %s", file, i, len(want), where,
			around(len(got), func(j int) string { return u.Spelling(got[j]) }),
			around(len(want), func(j int) string { return want[j] }))
		return
	}
	if len(got) > len(want) {
		t.Errorf("%s: %d tokens more than gcc's %d", file, len(got)-len(want), len(want))
	}
}
