package report

import (
	"io"
	"slices"
)

// Face is a way to write a report.
type Face struct {
	Name string // as --format and --output name it
	Help string // what it is for, in a few words
	// Write writes it as one stream.
	Write func(io.Writer, *Material, Options) error
	// Files, if not nil, are what a folder gets instead.
	Files func(*Material, Options) ([]File, error)
	// Ready, if not nil, says before the work, when there is no Report, why it
	// cannot be written.
	Ready func(*Material) error
}

// File is one of several files of a face.
type File struct {
	Name string // without folders
	Data []byte
}

// Faces lists the ways to write a report.
func Faces() []Face {
	return []Face{
		{Name: "text", Help: "for a terminal or a log", Write: Text},
		{Name: "json", Help: "the schema ptreview.review/v1", Write: writeJSON},
		{Name: "jsonl", Help: "the same as lines of JSON", Write: JSONL},
		{Name: "terse", Help: "a line for each finding, as checkpatch writes them", Write: Terse},
		{Name: "github", Help: "annotations of GitHub Actions", Write: GitHub},
		{Name: "junit", Help: "test results for Jenkins, GitLab and others", Write: JUnit},
		{Name: "sarif", Help: "SARIF 2.1.0 for code scanning", Write: SARIF},
		{Name: "rdjson", Help: "for reviewdog", Write: RDJSON},
		{Name: "html", Help: "a page for a browser that needs no network", Write: HTML},
		{Name: "mail", Help: "replies to the patches that have findings, one for each", Write: Mail, Files: MailFiles, Ready: mailReady},
	}
}

// FaceNames lists their names.
func FaceNames() []string {
	var names []string
	for _, f := range Faces() {
		names = append(names, f.Name)
	}
	return names
}

// FaceNamed returns a face, and false if there is none of the name.
func FaceNamed(name string) (Face, bool) {
	list := Faces()
	i := slices.IndexFunc(list, func(f Face) bool { return f.Name == name })
	if i < 0 {
		return Face{}, false
	}
	return list[i], true
}

func writeJSON(w io.Writer, m *Material, _ Options) error { return JSON(w, m.Report) }
