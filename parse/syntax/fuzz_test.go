package syntax

import (
	"strings"
	"testing"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// FuzzParse checks that nothing panics, that declarations and statements come
// in the order of the text, and that what is printed parses to what prints
// the same.
func FuzzParse(f *testing.F) {
	for _, test := range append(declTests, attrTests...) {
		f.Add(test.src)
	}
	for _, test := range append(exprTests, literalTests...) {
		f.Add(prelude + "void f(int a) {" + test.src + ";}")
	}
	for _, test := range stmtTests {
		f.Add(prelude + "void f(int a) {" + test.src + "}")
	}
	for _, test := range errorTests {
		f.Add(test.src)
	}
	for _, test := range bodyErrorTests {
		f.Add("void f(int a) {" + test.src + "}")
	}
	f.Fuzz(func(t *testing.T, src string) {
		file, errs := Parse(unitOf("t.c", src), Options{MaxDepth: 200})
		checkOrder(t, file)
		var once strings.Builder
		if len(errs) > 0 || file.Print(&once) != nil {
			return
		}
		again, errs := Parse(unitOf("t.c", once.String()), Options{})
		if len(errs) > 0 {
			t.Fatalf("printed text does not parse: %v\n%s", errs, once.String())
		}
		var twice strings.Builder
		if err := again.Print(&twice); err != nil {
			t.Fatalf("printed text does not parse: %v\n%s", err, once.String())
		}
		if once.String() != twice.String() {
			t.Errorf("printed once\n%s\nprinted twice\n%s", once.String(), twice.String())
		}
	})
}

// checkOrder checks that declarations and the statements of blocks begin one
// behind the other, and that every BadDecl covers something.
func checkOrder(t *testing.T, file *File) {
	t.Helper()
	last := source.Pos(0)
	for _, d := range file.Decls() {
		if pos := d.Loc().Pos; pos <= last {
			t.Errorf("declaration at %v does not follow the one before", file.Unit.Position(d.Loc()))
		} else {
			last = pos
		}
		switch d := d.(type) {
		case *BadDecl:
			if d.First >= d.Last || d.Err == nil {
				t.Errorf("bad declaration %+v", d)
			}
		case *FuncDef:
			if body, err := file.Body(d); err == nil {
				checkBlocks(t, file, body)
			}
		}
	}
}

func checkBlocks(t *testing.T, file *File, body *Block) {
	Inspect(body, func(n Node) bool {
		b, ok := n.(*Block)
		if !ok {
			return true
		}
		last := b.Loc().Pos
		for _, item := range b.Items {
			if pos := item.Loc().Pos; pos <= last {
				t.Errorf("statement at %v does not follow the one before", file.Unit.Position(item.Loc()))
			} else {
				last = pos
			}
		}
		if b.Rbrace.Pos <= last {
			t.Errorf("block at %v does not end behind its statements", file.Unit.Position(b.Loc()))
		}
		return true
	})
}

// FuzzFragment checks that any text can be read as a fragment.
func FuzzFragment(f *testing.F) {
	for _, test := range fragmentTests {
		f.Add(test.src)
	}
	for _, test := range append(declTests, attrTests...) {
		f.Add(test.src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		set := source.NewSet()
		file, _ := ParseFragment(cpp.NewCache(set), set.Add("t.c", []byte(src)))
		checkOrder(t, file)
		for _, d := range file.Decls() {
			if err := Print(&strings.Builder{}, d); err != nil {
				t.Error(err)
			}
		}
	})
}
