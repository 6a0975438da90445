package patch

import "slices"

// Reverse returns the patch that undoes p: what it adds is removed, and the
// other way round. It has no message, since that of p says what p does; the mail
// and places in it stay. A copy is undone by deleting it, of which no content is
// shown.
func (p *Patch) Reverse() *Patch {
	out := *p
	out.Message, out.MessageLine = "", 0
	out.Files = make([]*File, 0, len(p.Files))
	for _, f := range slices.Backward(p.Files) { // later ones may change a file further
		out.Files = append(out.Files, f.reverse())
	}
	return &out
}

func (f *File) reverse() *File {
	out := *f
	out.OldPath, out.NewPath = f.NewPath, f.OldPath
	out.OldMode, out.NewMode = f.NewMode, f.OldMode
	out.OldIndex, out.NewIndex = f.NewIndex, f.OldIndex
	switch f.Op {
	case Create:
		out.Op = Delete
	case Delete:
		out.Op = Create
	case Copy:
		out.Op, out.NewPath, out.Hunks, out.Binary = Delete, "", nil, true
		return &out
	}
	out.Hunks = make([]*Hunk, len(f.Hunks))
	for i, h := range f.Hunks {
		out.Hunks[i] = h.reverse()
	}
	return &out
}

func (h *Hunk) reverse() *Hunk {
	out := *h
	out.OldStart, out.OldLines, out.NewStart, out.NewLines = h.NewStart, h.NewLines, h.OldStart, h.OldLines
	out.Lines = slices.Clone(h.Lines)
	for i := range out.Lines {
		switch l := &out.Lines[i]; l.Op {
		case '+':
			l.Op = '-'
		case '-':
			l.Op = '+'
		}
	}
	return &out
}
