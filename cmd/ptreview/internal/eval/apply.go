package eval

import (
	"fmt"
	"path/filepath"

	"ptreview/cmd/ptreview/internal/load"
	"ptreview/parse/history"
	"ptreview/parse/tree"
	"ptreview/rules/check"
)

// Apply puts the patches of the case on a kernel, into req. mails is the folder
// of the corpus, "" for none.
// Errors: a mail is not there, an edit matches nothing, or a patch does not
// apply; behind file and line.
func (c *Case) Apply(req *check.Request, kernel tree.Tree, mails string) error {
	s := &steps{Case: c, mails: mails, kernel: kernel, at: kernel}
	for i := range c.Base {
		if err := s.add(&c.Base[i]); err != nil {
			return err
		}
	}
	s.prefixes, s.patches = []check.Prefix{{Tree: s.at}}, nil
	for i := range c.Patches {
		if err := s.add(&c.Patches[i]); err != nil {
			return err
		}
	}
	req.Prefixes = s.prefixes
	req.Series = check.SeriesInfo{Subject: c.Name, Version: 1, Patches: s.patches}
	return nil
}

// Trees returns the trees that Apply made, of which a reader can forget what it
// knows.
func Trees(req *check.Request, kernel tree.Tree) []tree.Tree {
	var list []tree.Tree
	for _, p := range req.Prefixes {
		if p.Tree != kernel {
			list = append(list, p.Tree)
		}
	}
	return list
}

// steps are patches as they are put on each other.
type steps struct {
	*Case
	mails    string
	kernel   tree.Tree
	at       tree.Tree // after the last of them
	prefixes []check.Prefix
	patches  []check.PatchInfo
}

func (s *steps) add(p *Patch) error {
	if len(p.Edits)+len(p.Restore) > 0 {
		return s.own(p)
	}
	name, err := s.mailOf(p)
	if err != nil {
		return err
	}
	ser, err := load.Mails([]string{name}, nil)
	if err != nil {
		return lineError(s.File, p.Line, "%w", err)
	}
	if p.Reverse {
		ser = ser.Reverse()
	}
	var one check.Request
	if _, err := load.Apply(&one, ser, s.at); err != nil {
		return lineError(s.File, p.Line, "%w", err)
	}
	for i, info := range one.Series.Patches {
		s.put(one.Prefixes[i+1], info)
	}
	return nil
}

// put adds one patch.
func (s *steps) put(p check.Prefix, info check.PatchInfo) {
	info.N = len(s.patches) + 1
	s.prefixes, s.patches, s.at = append(s.prefixes, p), append(s.patches, info), p.Tree
}

// mailOf returns the file of a mail, or of a patch beside the case.
func (s *steps) mailOf(p *Patch) (string, error) {
	if p.File.Value != "" {
		return filepath.Join(filepath.Dir(s.File), filepath.FromSlash(p.File.Value)), nil
	}
	if s.mails == "" {
		return "", lineError(s.File, p.Mail.Line, "the case needs a mail; give the folder of mails with --mails DIR")
	}
	found, err := filepath.Glob(filepath.Join(s.mails, filepath.FromSlash(p.Mail.Value)))
	switch {
	case err != nil:
		return "", lineError(s.File, p.Mail.Line, "%q is no pattern of mails", p.Mail.Value)
	case len(found) == 0:
		return "", lineError(s.File, p.Mail.Line, "there is no mail %s in %s", p.Mail.Value, s.mails)
	case len(found) > 1:
		return "", lineError(s.File, p.Mail.Line, "%s names %d mails, %s and %s among them", p.Mail.Value, len(found), filepath.Base(found[0]), filepath.Base(found[1]))
	}
	return found[0], nil
}

// own makes a patch of edits and restored files.
func (s *steps) own(p *Patch) error {
	files := &edited{steps: s, now: make(map[string][]byte), old: make(map[string][]byte)}
	for i := range p.Edits {
		e := &p.Edits[i]
		text, err := files.open(e.File)
		if err == nil {
			text, err = e.apply(text)
		}
		if err != nil {
			return lineError(s.File, e.Line, "%s: %w", e.File.Value, err)
		}
		files.now[e.File.Value] = text
	}
	for _, f := range p.Restore {
		_, err := files.open(f)
		if err == nil {
			files.now[f.Value], err = s.kernel.ReadFile(f.Value)
		}
		if err != nil {
			return lineError(s.File, f.Line, "%s: %w", f.Value, err)
		}
	}
	prefix := check.Prefix{Tree: tree.NewOverlay(s.at, files.now)}
	for _, name := range files.order {
		d := history.DiffLines(files.old[name], files.now[name])
		if len(d.Added)+len(d.Removed) == 0 {
			return lineError(s.File, p.Line, "%s stays as it is", name)
		}
		prefix.Changed = append(prefix.Changed, check.ChangedFile{Path: name, Old: name, Added: d.Added, Removed: d.Removed})
	}
	s.put(prefix, check.PatchInfo{Subject: p.Subject, Message: p.Message})
	return nil
}

// edited are the files that a patch changes.
type edited struct {
	*steps
	order    []string
	old, now map[string][]byte
}

// open returns a file as the patch has it so far.
func (f *edited) open(name Text) ([]byte, error) {
	if data, seen := f.now[name.Value]; seen {
		return data, nil
	}
	data, err := f.at.ReadFile(name.Value)
	if err != nil {
		return nil, err
	}
	f.old[name.Value], f.now[name.Value] = data, data
	f.order = append(f.order, name.Value)
	return data, nil
}

// apply replaces what the edit matches.
func (e *Edit) apply(text []byte) ([]byte, error) {
	found := e.Match.FindAllSubmatchIndex(text, -1)
	if len(found) == 0 || len(found) > 1 && !e.Every {
		return nil, fmt.Errorf("the edit has to match one place, and matches %d: %s", len(found), e.Match.String()[len("(?m)"):])
	}
	var out []byte
	last := 0
	for _, at := range found {
		out = append(out, text[last:at[0]]...)
		out = e.Match.Expand(out, []byte(e.With), text, at)
		last = at[1]
	}
	return append(out, text[last:]...), nil
}
