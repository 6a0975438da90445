package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestFixIsOne applies the repair that a finding offers, and reviews what comes of
// it: nothing is left of the finding. Two forms of the generic definition's guard,
// and one where a line would take more away than it should.
func TestFixIsOne(t *testing.T) {
	const override = "arch/powerpc/include/asm/book3s/64/pgtable.h"
	const guard = "#define __HAVE_ARCH_PMD_SAME\n"
	for _, tt := range []struct {
		name    string
		prepare func(dir string)
		text    string // "" for no fix
	}{
		{"__HAVE_ARCH_", func(string) {}, "#define __HAVE_ARCH_PMD_SAME"},
		{"own name", func(dir string) {
			replaceAll(t, filepath.Join(dir, "include/linux/pgtable.h"), "#ifndef __HAVE_ARCH_PMD_SAME\n", "#ifndef pmd_same\n")
			replaceIn(t, filepath.Join(dir, override), guard, guard+"#define pmd_same pmd_same\n")
		}, "#define pmd_same pmd_same"},
		{"with another", func(dir string) {
			replaceAll(t, filepath.Join(dir, "include/linux/pgtable.h"), "#ifndef __HAVE_ARCH_PMD_SAME\n",
				"#ifndef __HAVE_ARCH_PMD_SAME\nstatic inline int pmd_other(pmd_t pmd) { return 0; }\n")
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := demoRepo(t)
			git(t, dir, "checkout", "-q", "main")
			tt.prepare(dir)
			commitAll(t, dir, "prepared", "--allow-empty")
			git(t, dir, "checkout", "-q", "-b", "clash")
			removed := guard
			if tt.name == "own name" {
				removed = "#define pmd_same pmd_same\n"
			}
			replaceIn(t, filepath.Join(dir, override), removed, "")
			commitAll(t, dir, "powerpc: drop a macro")
			args := []string{"--git", dir, "--arch", "powerpc", "--rule", "build/redefined"}
			f := only(t, review(t, exitFindings, append(args, "main..clash")...), "build/redefined")
			if tt.text == "" {
				if f.Fix != nil {
					t.Errorf("got %+v, want no fix", f.Fix)
				}
				return
			}
			if f.Fix == nil || f.Fix.File != override || f.Fix.Text != tt.text {
				t.Fatalf("got %+v, want %s", f.Fix, tt.text)
			}
			checkSuggestion(t, append(args, "main..clash"), override, f.Fix.Line, tt.text)
			insertLine(t, filepath.Join(dir, f.Fix.File), f.Fix.Line, f.Fix.Text)
			commitAll(t, dir, "mended")
			mended := only(t, review(t, exitClean, append(args, "main..clash")...), "build/redefined")
			wantFixed(t, mended, 2)
			if mended.Fix != nil {
				t.Errorf("got %+v for what patch 2 mends, want no fix", mended.Fix)
			}
		})
	}
}

// checkSuggestion checks how the faces that can offer a repair do so.
func checkSuggestion(t *testing.T, args []string, file string, line int, text string) {
	t.Helper()
	_, out, _ := inProcess(t, append([]string{"review", "--format", "rdjson"}, args...)...)
	var rd struct {
		Diagnostics []struct {
			Suggestions []struct {
				Range struct{ Start, End struct{ Line, Column int } }
				Text  string
			}
		}
	}
	if err := json.Unmarshal(out, &rd); err != nil {
		t.Fatal(err)
	}
	if s := rd.Diagnostics[0].Suggestions; len(s) != 1 || s[0].Range.Start.Line != line || s[0].Range.End.Line != line || s[0].Text != "}\n"+text {
		t.Errorf("got suggestions %+v, want line %d with %s behind it", s, line, text)
	}
	schema, err := os.ReadFile(filepath.Join("..", "..", "testdata", "faces", "rdjson.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	keepsSchema(t, schema, out)
	_, out, _ = inProcess(t, append([]string{"review", "--format", "sarif"}, args...)...)
	if !strings.Contains(string(out), `"text": "`+text+`\n"`) || !strings.Contains(string(out), file) {
		t.Errorf("got no fix in %s", out)
	}
	if os.Getenv("PTREVIEW_SARIF_MULTITOOL") != "" {
		sarifAccepted(t, out)
	}
	_, out, _ = inProcess(t, append([]string{"review"}, args...)...)
	if !strings.Contains(string(out), "\n      "+text+"\n") {
		t.Errorf("got no %q in\n%s", text, out)
	}
}

// insertLine puts a line behind another one of a file.
func insertLine(t *testing.T, name string, line int, text string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.Insert(strings.SplitAfter(string(data), "\n"), line, text+"\n")
	if err := os.WriteFile(name, []byte(strings.Join(lines, "")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// replaceAll replaces a text of a file wherever it is.
func replaceAll(t *testing.T, name, old, young string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(strings.ReplaceAll(string(data), old, young)), 0o644); err != nil {
		t.Fatal(err)
	}
}
