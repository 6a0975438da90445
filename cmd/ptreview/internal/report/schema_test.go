package report

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"ptreview/rules/check"
)

// object is what the schema says of a type of the report.
type object struct {
	Properties map[string]struct {
		Type any    `json:"type"`
		Ref  string `json:"$ref"`
	} `json:"properties"`
	Required   []string `json:"required"`
	Additional *bool    `json:"additionalProperties"`
}

// TestSchemaIsOfTheTypes compares the schema with the types that are written,
// both ways: neither may have a field that the other does not have.
func TestSchemaIsOfTheTypes(t *testing.T) {
	var s struct {
		object
		Defs map[string]object `json:"$defs"`
	}
	if err := json.Unmarshal(Schema(), &s); err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	compareType(t, reflect.TypeFor[check.Report](), s.object, s.Defs, seen)
	for name := range s.Defs {
		if !seen[name] {
			t.Errorf("$defs has %s, which no report has", name)
		}
	}
}

// compareType compares a struct with its object, and those of its fields.
func compareType(t *testing.T, typ reflect.Type, o object, defs map[string]object, seen map[string]bool) {
	t.Helper()
	if o.Additional == nil || *o.Additional {
		t.Errorf("%s: additionalProperties is not false", typ.Name())
	}
	var all, required []string
	for f := range typ.Fields() {
		name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		all = append(all, name)
		if rest != "omitempty" {
			required = append(required, name)
		}
		elem := f.Type
		for elem.Kind() == reflect.Pointer || elem.Kind() == reflect.Slice {
			elem = elem.Elem()
		}
		if elem.Kind() == reflect.Struct && !seen[elem.Name()] {
			seen[elem.Name()] = true
			compareType(t, elem, defs[elem.Name()], defs, seen)
		}
	}
	slices.Sort(all)
	slices.Sort(required)
	slices.Sort(o.Required)
	if got := slices.Sorted(maps.Keys(o.Properties)); !slices.Equal(got, all) {
		t.Errorf("%s: the schema has %v, the type %v", typ.Name(), got, all)
	}
	if !slices.Equal(o.Required, required) {
		t.Errorf("%s: the schema requires %v, the type always has %v", typ.Name(), o.Required, required)
	}
}

// TestSchemaRefuses checks that the schema holds a report to more than its
// fields' names.
func TestSchemaRefuses(t *testing.T) {
	for _, tt := range []struct{ name, old, young string }{
		{"a report", "", ""},
		{"another schema", `"schema": "ptreview.review/v1"`, `"schema": "ptreview.review/v2"`},
		{"a renamed field", `"first_bad_patch":`, `"bad_patch":`},
		{"a new field", `"new":`, `"newer": 1, "new":`},
		{"a missing field", `"confidence": "executed",`, ``},
		{"another severity", `"severity": "error"`, `"severity": "fatal"`},
		{"a text for a number", `"line": 3`, `"line": "3"`},
		{"no list", `"findings": [`, `"findings": null, "gaps": [`},
	} {
		r := whole()
		var b bytes.Buffer
		if err := JSON(&b, r); err != nil {
			t.Fatal(err)
		}
		text := strings.Replace(b.String(), tt.old, tt.young, 1)
		if tt.old != "" && text == b.String() {
			t.Fatalf("%s: there is no %s in\n%s", tt.name, tt.old, text)
		}
		err := against(t, Schema(), text)
		if (err == nil) != (tt.old == "") {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
}

// whole is the sample with the lists that a review always has.
func whole() *check.Report {
	r := sample()
	r.Schema = check.SchemaName
	r.Tool = check.Tool{Rules: []string{"trap/arch-helper"}}
	r.Helpers[0].Side = "after"
	for i := range r.Coverage {
		r.Coverage[i].Classes, r.Coverage[i].Machines = []check.ClassInfo{}, []string{}
	}
	return r
}

// against holds a JSON text to a schema.
func against(t *testing.T, schema []byte, text string) error {
	t.Helper()
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", parsed); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return s.Validate(v)
}
