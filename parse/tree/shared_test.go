package tree

import (
	"bytes"
	"io/fs"
	"testing"
	"testing/fstest"

	"ptreview/parse/source"
)

// TestShared wants contents that are not copied to be those of ReadFile, with
// the same errors, and a recording to note both alike.
func TestShared(t *testing.T) {
	base := Cached(Embedded(fstest.MapFS{
		"mm/a.c": {Data: []byte("int a;\n")},
		"mm/b.c": {Data: []byte("int b;\n")},
	}))
	over := NewOverlay(base, map[string][]byte{"mm/b.c": []byte("long b;\n"), "mm/c.c": nil, "mm/d.c": {}})
	copied, shared := NewRecording(), NewRecording()
	for _, name := range []string{"mm/a.c", "mm/b.c", "mm/c.c", "mm/d.c", "mm", "mm/a.c/x", "../x"} {
		want, wantErr := fs.ReadFile(copied.Tree(0, over), name)
		got, gotErr := source.ReadShared(shared.Tree(0, over), name)
		if !bytes.Equal(got, want) || errorText(gotErr) != errorText(wantErr) {
			t.Errorf("%s: got %q, %v, want %q, %v", name, got, gotErr, want, wantErr)
		}
		if len(want) > 0 {
			want[0] = '!' // a copy is the reader's own
		}
		if again, _ := fs.ReadFile(over, name); len(again) > 0 && again[0] == '!' {
			t.Errorf("%s: ReadFile hands out what the tree keeps", name)
		}
	}
	if got, want := shared.Reads().Len(), copied.Reads().Len(); got != want || want == 0 {
		t.Errorf("got %d notes, want %d", got, want)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
