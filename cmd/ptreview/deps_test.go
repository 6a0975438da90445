package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// layers lists what each part of the program may import of the others. Parts
// that are not named here may import nothing.
var layers = []struct {
	part string
	may  []string
	why  string
}{
	{"parse/source", nil, "positions know nothing of what is read"},
	{"parse", []string{"parse"}, "bytes become values without opinions on kernels"},
	{"arch", []string{"arch", "parse/source", "testdata/oracle"}, "what is known of architectures knows no C"},
	{"semantics", []string{"semantics", "arch", "parse"}, "facts know neither rules nor how they are shown"},
	{"rules", []string{"rules", "semantics", "arch", "parse"}, "rules do not know who runs them"},
	{"cmd", []string{"cmd", "rules", "semantics", "arch", "parse", "testdata/demo"}, "the program shows itself on the demo tree"},
	{"testdata", nil, "fixtures are data"},
}

// forTests are packages that only tests import.
var forTests = []string{"parse/cpp/oracle", "rules/check/checktest", "semantics/unit/compilertest"}

// within reports whether a package path, relative to the module, is part of a
// layer.
func within(pkg, part string) bool { return pkg == part || strings.HasPrefix(pkg, part+"/") }

func TestDeps(t *testing.T) {
	cmd := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "ptreview/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	packages := 0
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		words := strings.Fields(line)
		pkg := strings.TrimPrefix(words[0], "ptreview/")
		packages++
		for _, imported := range words[1:] {
			if dep, ours := strings.CutPrefix(imported, "ptreview/"); ours {
				if slices.Contains(forTests, dep) {
					t.Errorf("%s imports %s, which is for tests", pkg, dep)
				}
				if why := forbidden(pkg, dep); why != "" {
					t.Errorf("%s imports %s: %s", pkg, dep, why)
				}
			}
		}
	}
	if packages < 20 {
		t.Errorf("go list names %d packages, want all of the module", packages)
	}
}

// forbidden says why pkg may not import dep, "" if it may.
func forbidden(pkg, dep string) string {
	for _, l := range layers {
		if !within(pkg, l.part) {
			continue
		}
		for _, may := range l.may {
			if within(dep, may) {
				return ""
			}
		}
		return l.why
	}
	return "the package belongs to no known part"
}

func TestForbidden(t *testing.T) {
	tests := []struct {
		pkg, dep string
		allowed  bool
	}{
		{"parse/cpp", "parse/source", true}, {"parse/cpp", "arch", false}, {"parse/source", "parse/cpp", false},
		{"arch/kconfig", "parse/source", true}, {"arch/class", "parse/cpp", false}, {"arch", "semantics/unit", false},
		{"semantics/facts", "arch/class", true}, {"semantics/facts", "rules/check", false},
		{"rules/trap", "semantics/facts", true}, {"rules/trap", "cmd/ptreview", false},
		{"cmd/ptreview", "rules", true}, {"cmd/ptreview", "testdata/demo", true}, {"elsewhere", "parse", false},
	}
	for _, tt := range tests {
		if why := forbidden(tt.pkg, tt.dep); (why == "") != tt.allowed {
			t.Errorf("%s imports %s: got %q, want allowed %v", tt.pkg, tt.dep, why, tt.allowed)
		}
	}
}

// outside are names of the world around the program: only cmd may touch them.
var outside = map[string][]string{
	"os":  {"Exit", "Getenv", "LookupEnv", "Environ", "Setenv", "Args", "Stdin", "Stdout", "Stderr", "Chdir", "Getwd"},
	"fmt": {"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"},
	"log": {"Print", "Printf", "Println", "Fatal", "Fatalf", "Panic", "Panicf"},
}

// excused are uses that have a reason.
var excused = map[string]string{
	"parse/cpp/oracle/oracle.go uses os.Getenv":               "only tests import it; they find kernels and compilers by the environment",
	"semantics/unit/compilertest/compiler.go uses os.Environ": "only tests import it; compilers get the environment and a locale",
	"parse/history/catfile.go uses os.Environ":                "git gets the environment without what would lead it elsewhere",
}

// TestOutside checks that packages other than commands neither print, exit nor
// read the environment, and that none registers itself in init.
func TestOutside(t *testing.T) {
	files := 0
	for _, part := range []string{"parse", "arch", "semantics", "rules"} {
		root := filepath.Join("..", "..", part)
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files++
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			rel := filepath.ToSlash(strings.TrimPrefix(path, filepath.Join("..", "..")+string(filepath.Separator)))
			for _, problem := range touches(f) {
				if excused[rel+" "+problem] == "" {
					t.Errorf("%s %s", rel, problem)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if files < 100 {
		t.Errorf("got %d files, want all of the packages", files)
	}
}

// touches returns what a file does that only commands may do.
func touches(f *ast.File) []string {
	var problems []string
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				problems = append(problems, "has an init function")
			}
		case *ast.SelectorExpr:
			pkg, ok := n.X.(*ast.Ident)
			if !ok {
				return true
			}
			for _, name := range outside[pkg.Name] {
				if n.Sel.Name == name {
					problems = append(problems, "uses "+pkg.Name+"."+name)
				}
			}
		}
		return true
	})
	return problems
}

func TestTouches(t *testing.T) {
	const src = `package p
import ("fmt"; "os")
func init() {}
func f() { fmt.Println(os.Getenv("HOME")); os.Open("x") }
type T struct{}
func (T) init() {}
`
	f, err := parser.ParseFile(token.NewFileSet(), "p.go", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(touches(f), ", ")
	if want := "has an init function, uses fmt.Println, uses os.Getenv"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
