package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/muesli/termenv"

	"ptreview/cmd/ptreview/internal/near"
	"ptreview/cmd/ptreview/internal/report"
	"ptreview/parse/mbox"
)

// faceFlags choose how a report is written.
type faceFlags struct {
	Format faceName `help:"How to print: ${faces}." default:"text" group:"Report"`
	Output []string `short:"o" help:"Write the report to a file too, in a format: html=report.html. May be given several times; nothing is printed then but what --format asks for." placeholder:"FORMAT=FILE" sep:"none" group:"Report"`

	Showfile  bool `help:"Of --format terse: name places in the tree, as checkpatch does with --showfile (default)." xor:"places" group:"Report"`
	Terse     bool `help:"Of --format terse: name lines of the mails, as checkpatch does with --terse." xor:"places" group:"Report"`
	ShowTypes bool `help:"Of --format terse: name the rule of each finding, as checkpatch does with --show-types." group:"Report"`

	MailFrom  mailAddress `help:"Of --format mail: who the mails are from, and where to write to get no more (default: left to who sends them)." placeholder:"ADDRESS" group:"Report"`
	MailClean bool        `help:"Of --format mail: answer a series without findings too." group:"Report"`
}

// faceName is a flag that names the form of a report.
type faceName string

// face returns the form, or an error that says which there are.
func (n faceName) face() (report.Face, error) {
	face, ok := report.FaceNamed(string(n))
	if !ok {
		return face, fmt.Errorf("there is no format %q%s", string(n), near.Instead(string(n), report.FaceNames(), "the formats are"))
	}
	return face, nil
}

// UnmarshalText reads the name of a form.
func (n *faceName) UnmarshalText(text []byte) error {
	*n = faceName(text)
	_, err := n.face()
	return err
}

// mailAddress is a flag that names a person or a program, with or without a name.
type mailAddress struct{ mbox.Address }

// UnmarshalText reads "ptreview <bot@example.org>".
func (a *mailAddress) UnmarshalText(text []byte) error {
	read, err := netmail.ParseAddress(string(text))
	if err != nil {
		return fmt.Errorf("%q is no mail address: %w", text, err)
	}
	a.Address = mbox.Address{Name: read.Name, Addr: read.Address}
	return nil
}

// outputs are the files that a report is to be written to. They are opened
// before the work begins, so that a folder that cannot be written to is not
// noticed after it.
type outputs struct {
	list []*output
}

// output is one of them.
type output struct {
	face report.Face
	name string
	// folder says that name is one, for several files; made that it is new.
	folder, made bool
	files        []*output // what a folder gets
	// file is written and takes the place of name in the end; nil for a folder.
	file *os.File
	// direct says that name is no regular file, and is written to as it is.
	direct bool
}

// openOutputs prepares the files of --output. discard must be called.
func (f *faceFlags) openOutputs() (*outputs, error) {
	all := &outputs{}
	for _, text := range f.Output {
		o, err := checkOutput(text)
		if err != nil {
			return nil, fmt.Errorf("--output %s: %w", text, err)
		}
		all.list = append(all.list, o)
	}
	for i, o := range all.list {
		if err := o.open(); err != nil {
			all.discard()
			return nil, fmt.Errorf("--output %s: %w", f.Output[i], err)
		}
	}
	return all, nil
}

// ready says before the work why a report of what was read cannot be written in
// one of the forms asked for.
func (f *faceFlags) ready(to *outputs, m *report.Material) error {
	face, err := f.Format.face()
	if err != nil {
		return err
	}
	faces := []report.Face{face}
	for _, o := range to.list {
		faces = append(faces, o.face)
	}
	for _, face := range faces {
		if face.Ready == nil {
			continue
		}
		if err := face.Ready(m); err != nil {
			return fmt.Errorf("--format %s: %w", face.Name, err)
		}
	}
	return nil
}

// checkOutput reads a FORMAT=FILE without touching a file.
func checkOutput(text string) (*output, error) {
	format, name, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return nil, errors.New("give a format and a file, as in html=report.html")
	}
	face, err := faceName(format).face()
	if err != nil {
		return nil, err
	}
	o := &output{face: face, name: name}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir() && face.Files == nil:
		return nil, fmt.Errorf("%s is a folder; %s is one file", name, format)
	case err == nil:
		o.folder = info.IsDir()
		o.direct = !info.IsDir() && !info.Mode().IsRegular()
		return o, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	o.folder = strings.HasSuffix(name, "/") && face.Files != nil
	above := filepath.Dir(strings.TrimRight(name, "/"))
	if info, err = os.Stat(above); err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is no folder", above)
	}
	return o, nil
}

// open makes the file that is written to, or the folder.
func (o *output) open() error {
	var err error
	switch {
	case o.folder:
		return o.openFolder()
	case o.direct:
		o.file, err = os.OpenFile(o.name, os.O_WRONLY, 0)
	default:
		o.file, err = os.CreateTemp(filepath.Dir(o.name), "."+filepath.Base(o.name)+".*")
	}
	return err
}

// openFolder makes the folder, and sees whether files can be made in it.
func (o *output) openFolder() error {
	err := os.Mkdir(o.name, 0o777)
	if o.made = err == nil; !o.made && !errors.Is(err, fs.ErrExist) {
		return err
	}
	probe := &output{name: filepath.Join(o.name, "probe")}
	err = probe.open()
	probe.discard()
	return err
}

// write writes a report to all files. Each appears whole or not at all, and none
// before all of them are written.
func (o *outputs) write(m *report.Material, opt report.Options) error {
	for _, out := range o.list {
		if err := out.fill(m, opt); err != nil {
			return fmt.Errorf("writing %s: %w", out.name, err)
		}
	}
	for _, out := range o.list {
		if err := out.place(); err != nil {
			return fmt.Errorf("writing %s: %w", out.name, err)
		}
	}
	return nil
}

// fill writes what is to take the place of name.
func (o *output) fill(m *report.Material, opt report.Options) error {
	if o.folder {
		return o.fillFolder(m, opt)
	}
	if err := o.face.Write(o.file, m, opt); err != nil {
		return err
	}
	if o.direct {
		return o.file.Close()
	}
	if err := o.file.Sync(); err != nil {
		return err
	}
	return o.file.Chmod(readable(o.name))
}

// plain writes what is there already.
func plain(data []byte) func(io.Writer, *report.Material, report.Options) error {
	return func(w io.Writer, _ *report.Material, _ report.Options) error {
		_, err := w.Write(data)
		return err
	}
}

// fillFolder writes what are to be the files of a folder.
func (o *output) fillFolder(m *report.Material, opt report.Options) error {
	files, err := o.face.Files(m, opt)
	if err != nil {
		return err
	}
	for _, f := range files {
		one := &output{name: filepath.Join(o.name, f.Name)}
		one.face.Write = plain(f.Data)
		o.files = append(o.files, one)
		if err := one.open(); err != nil {
			return err
		}
		if err := one.fill(m, opt); err != nil {
			return err
		}
	}
	return nil
}

// place puts what was written where it is asked for.
func (o *output) place() error {
	for _, one := range o.files {
		if err := one.place(); err != nil {
			return err
		}
	}
	o.made = false // it is there to stay, also without a file
	if o.folder || o.direct {
		return nil
	}
	if err := o.file.Close(); err != nil {
		return err
	}
	if err := os.Rename(o.file.Name(), o.name); err != nil {
		return err
	}
	o.file = nil
	return nil
}

// readable is the mode that a file has, or a new one gets.
func readable(name string) fs.FileMode {
	if info, err := os.Stat(name); err == nil {
		return info.Mode().Perm()
	}
	return 0o644
}

// discard takes away what was not finished.
func (o *outputs) discard() {
	for _, out := range o.list {
		out.discard()
	}
}

func (o *output) discard() {
	for _, one := range o.files {
		one.discard()
	}
	if o.made {
		os.Remove(o.name) // which somebody else may have put files into
	}
	if o.file == nil || o.direct {
		return
	}
	o.file.Close()
	os.Remove(o.file.Name())
}

// writeReport prints a report and writes its files.
func (f *faceFlags) writeReport(s streams, to *outputs, m *report.Material, opt report.Options) error {
	opt.Mail = report.MailOptions{From: f.MailFrom.Address, Date: time.Now(), Clean: f.MailClean}
	opt.Types, opt.MailLines, opt.Profile = f.ShowTypes, f.Terse, termenv.Ascii
	face, err := f.Format.face()
	if err != nil {
		return err
	}
	if err := to.write(m, opt); err != nil {
		return err
	}
	opt.Profile, opt.Links = profile(s.out), hasLinks(s.out)
	if err := face.Write(s.out, m, opt); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}
