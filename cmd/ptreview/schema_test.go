package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestFacesKeepTheSchema holds the reports of the demo to the schema that the
// program prints.
func TestFacesKeepTheSchema(t *testing.T) {
	long(t)
	_, text, _ := inProcess(t, "schema")
	documents := demoDocuments(t, "json")
	if len(documents) != 3 {
		t.Fatalf("got %d reports, want one for each act", len(documents))
	}
	s := compileSchema(t, text)
	for i, d := range documents {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(d))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("act %d: %v", i+1, err)
		}
		v.(map[string]any)["findings"].([]any)[0].(map[string]any)["renamed"] = true
		if err := s.Validate(v); err == nil {
			t.Errorf("act %d: got no error for a field that the schema does not have", i+1)
		}
	}
}

// demoDocuments are the JSON documents of the demo in a format.
func demoDocuments(t *testing.T, format string) []json.RawMessage {
	t.Helper()
	status, out, errs := inProcess(t, "demo", "--format", format)
	if status != exitClean || len(errs) > 0 {
		t.Fatalf("got exit status %d, want 0: %s", status, errs)
	}
	var list []json.RawMessage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var d json.RawMessage
		err := dec.Decode(&d)
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, d)
	}
}

// compileSchema reads a JSON Schema; it must not lead elsewhere.
func compileSchema(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", v); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}
