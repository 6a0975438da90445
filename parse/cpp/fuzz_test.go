package cpp_test

import (
	"context"
	"errors"
	"testing"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// FuzzPreprocess looks for units that make the preprocessor panic, take long
// or produce positions outside their files.
func FuzzPreprocess(f *testing.F) {
	for _, c := range table {
		f.Add([]byte(c.src))
	}
	for _, files := range hostile {
		if len(files["main.c"]) < 1<<12 {
			f.Add([]byte(files["main.c"]))
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 1<<14 {
			return
		}
		files := mapFS(tree(string(src)))
		set := source.NewSet()
		opt := tableOptions()
		opt.FS = files
		opt.Opaque = []string{"f"}
		opt.Limits = cpp.Limits{Steps: 1 << 17, Tokens: 1 << 17}
		u, err := cpp.NewCache(set).Preprocess(context.Background(), "main.c", &opt)
		var limit *cpp.LimitError
		if err != nil && !errors.As(err, &limit) {
			t.Fatal(err)
		}
		checkUnit(t, u)
	})
}

func checkUnit(t *testing.T, u *cpp.Unit) {
	if n := len(u.Tokens); n == 0 || u.Tokens[n-1].Kind != cpp.EOF {
		t.Fatal("no EOF at the end")
	}
	for _, tok := range u.Tokens[:len(u.Tokens)-1] {
		if tok.Kind == cpp.EOF || tok.Sym == 0 || u.Spelling(tok) == "" {
			t.Fatalf("empty token %+v", tok)
		}
		if int(tok.Exp) >= len(u.Expansions) || !u.Position(tok.Loc()).IsValid() {
			t.Fatalf("token %q comes from nowhere: %+v", u.Spelling(tok), tok)
		}
	}
	for i, e := range u.Expansions[1:] {
		if int(e.Parent) > i || e.Macro == nil {
			t.Fatalf("expansion %d: %+v", i+1, e)
		}
	}
	before := 0
	for _, p := range u.Pragmas {
		if p.Before < before || p.Before > len(u.Tokens) {
			t.Fatalf("pragma at %d after one at %d", p.Before, before)
		}
		before = p.Before
	}
	for _, in := range u.Includes {
		in.Lexed.Conditionals()
		in.Lexed.Defines()
	}
	u.Macros()
}
