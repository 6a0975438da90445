package types

import "ptreview/parse/syntax"

// recordBody is the definition of a Record that has not been laid out yet.
type recordBody struct {
	node    *syntax.Record
	again   *syntax.Record // a second definition
	order   int
	busy    bool
	errs    []error
	members map[string]*Selection // by name, once one was looked for
}

// layout is the state of laying out one record. Positions are bits.
type layout struct {
	c      *checker
	rec    *Record
	packed bool
	pos    int64 // end of the last member
	size   int64 // of the largest union member
	align  int64 // bits
	limit  int64 // of a member's alignment in bits by #pragma pack, 0 for none
	flex   bool  // the last member was a flexible array
}

// maxMembers bounds a record, and maxMember the size of one in bytes, so that
// positions in bits do not overflow.
const (
	maxMembers = 1 << 20
	maxMember  = 1 << 50
)

// layOut computes the layout of a record's definition.
func (c *checker) layOut(r *Record) {
	body := r.lazy
	if c.u.depth >= maxDepth {
		c.errorf(body.node, "%s contains too many others", r)
		return
	}
	c.u.depth++
	body.busy = true
	defer func() { body.busy = false; c.u.depth-- }()
	if body.again != nil {
		c.errorf(body.again, "redefinition of %s", r)
	}
	l := &layout{c: c, rec: r, align: 8, limit: c.u.pack[body.node.Loc()] * 8}
	l.attributes(body.node.Attrs)
	if !l.packed {
		l.align = max(l.align, l.clamp(int64(c.u.abi.RecordAlign)*8))
	}
	for _, f := range body.node.Fields {
		l.field(f)
	}
	r.Fields = r.Fields[:len(r.Fields):len(r.Fields)]
	l.finish()
	for _, a := range body.node.Asserts {
		c.staticAssert(a)
	}
}

func (l *layout) attributes(attrs []syntax.Attr) {
	for _, a := range attrs {
		switch a.Name {
		case "packed":
			l.packed = true
		case "aligned":
			if n := l.c.alignedTo(a); n > 0 {
				l.align, l.rec.userAlign = n*8, true
			}
		case "transparent_union":
			l.rec.Transparent = true
		case "scalar_storage_order", "ms_struct":
			l.c.unsupported(a, "attribute %s", a.Name)
		}
	}
}

func roundUp(n, to int64) int64 { return (n + to - 1) / to * to }

func (l *layout) field(f *syntax.Field) {
	t := l.c.typ(f.Type)
	if t == nil {
		return
	}
	if t = l.c.typeAttrs(t, f.Attrs, false); t == nil {
		return
	}
	if !l.fieldTypeOK(f, t) {
		return
	}
	if f.Width != nil {
		l.bitField(f, t)
		return
	}
	_, packed := findAttr(f.Attrs, "packed")
	packed = packed || l.packed
	user := l.c.alignment(f.Attrs) * 8
	align := l.c.fieldAlign(t) * 8
	switch {
	case packed && user > 0:
		align = user
	case packed:
		align = 8
	default:
		align = max(align, user)
	}
	align = l.clamp(align)
	if f.Name == "" && !anonymous(f.Type) {
		return // "int;" and "struct s { … };" declare no member
	}
	l.place(Field{Name: f.Name, Type: t, Attrs: f.Attrs, align: align / 8}, f, align, t.Size()*8)
}

// anonymous reports whether a member without a name is a struct or union
// without a tag.
func anonymous(t syntax.TypeExpr) bool {
	if q, ok := t.(*syntax.Qualified); ok {
		t = q.Elem
	}
	r, ok := t.(*syntax.Record)
	return ok && r.Body && r.Tag == ""
}

func (l *layout) clamp(align int64) int64 {
	if l.limit > 0 {
		return min(align, l.limit)
	}
	return align
}

// fieldTypeOK rejects members that no record can have.
func (l *layout) fieldTypeOK(f *syntax.Field, t Type) bool {
	if len(l.rec.Fields) >= maxMembers {
		l.c.errorf(f, "%s has too many members", l.rec)
		return false
	}
	if l.flex && !l.rec.Union {
		l.c.errorf(f, "a flexible array member is not the last of %s", l.rec)
		l.flex = false
	}
	switch t := Unqual(t).(type) {
	case *Func:
		l.c.errorf(f, "member %s is declared as a function", f.Name)
		return false
	case *Array:
		if t.VLA {
			l.c.unsupported(f, "member %s of variable size", f.Name)
			return false
		}
		if t.Len < 0 && l.c.complete(t.Elem) {
			l.flex = true
			return true
		}
	}
	if t.Size() > maxMember {
		l.c.unsupported(f, "member %s of %d bytes", f.Name, t.Size())
		return false
	}
	if !l.c.complete(t) || isVoid(t) {
		l.c.errorf(f, "member %s has incomplete type %s", f.Name, t)
		return false
	}
	return true
}

// place puts an ordinary member; align and size are bits.
func (l *layout) place(n Field, f *syntax.Field, align, size int64) {
	l.align = max(l.align, align)
	if l.rec.Union {
		l.size = max(l.size, size)
	} else {
		l.pos = roundUp(l.pos, align)
		n.Offset = l.pos / 8
		if l.pos > 8*maxMember {
			l.c.unsupported(f, "%s of more than %d bytes", l.rec, int64(maxMember))
			return
		}
		l.pos += size
	}
	l.rec.Fields = append(l.rec.Fields, n)
}

// bitField follows PCC_BITFIELD_TYPE_MATTERS of gcc's stor-layout.c
// (update_alignment_for_field, place_field), which all targets but m68k define.
func (l *layout) bitField(f *syntax.Field, t Type) {
	width, ok := l.width(f, t)
	if !ok {
		return
	}
	_, packed := findAttr(f.Attrs, "packed")
	packed = (packed || l.packed) && width > 0
	if boundary := int64(l.c.u.abi.EmptyFieldAlign) * 8; boundary > 0 {
		l.looseBitField(f, t, width, packed, boundary)
		return
	}
	typeAlign := l.c.fieldAlign(t) * 8
	align := l.c.alignment(f.Attrs) * 8
	if typeAlign > 8*int64(max(l.c.u.abi.MaxAlign, 1)) {
		l.c.unsupported(f, "bit-field %s of a type with more than the largest alignment", f.Name)
		return
	}
	if width > 0 {
		align = l.clamp(align)
	} else {
		align = max(align, typeAlign) // moves what follows
	}
	if f.Name != "" || l.c.u.abi.AnonBitfieldAlign {
		natural := typeAlign
		switch {
		case width > 0 && l.limit > 0:
			natural = l.clamp(natural)
		case packed:
			natural = 8
		}
		l.align = max(l.align, align, natural)
	}
	if l.rec.Union {
		l.size = max(l.size, width)
	} else {
		plain := l.plain(width)
		if align > 1 {
			l.pos = roundUp(l.pos, align)
		}
		units := (l.pos%typeAlign + width + typeAlign - 1) / typeAlign
		if !packed && width > 0 && !plain && l.limit == 0 && units > t.Size()*8/typeAlign {
			l.pos = roundUp(l.pos, typeAlign)
		}
	}
	l.addBits(f, t, width)
}

// addBits adds a bit-field at the present position.
func (l *layout) addBits(f *syntax.Field, t Type, width int64) {
	l.putBits(f, t, width)
}

// putBits appends a bit-field whose place is found. Its Offset holds the first
// bit until finish knows the record's size.
func (l *layout) putBits(f *syntax.Field, t Type, width int64) {
	if f.Name != "" {
		start := l.pos
		if l.rec.Union {
			start = 0
		}
		l.rec.Fields = append(l.rec.Fields, Field{Name: f.Name, Type: t, Attrs: f.Attrs, BitWidth: int(width), Offset: start})
	}
	if !l.rec.Union {
		l.pos += width
	}
}

// looseBitField is a bit-field of a target without PCC_BITFIELD_TYPE_MATTERS:
// its type has no part in where it lies. One of width 0 aligns what follows to
// boundary, in bits (EMPTY_FIELD_BOUNDARY).
func (l *layout) looseBitField(f *syntax.Field, t Type, width int64, packed bool, boundary int64) {
	align := l.c.alignment(f.Attrs) * 8
	switch whole := min(width, int64(l.c.u.abi.MaxAlign)*8); {
	case width == 0:
		align = max(align, boundary)
	case (width == 8 || width == 16 || width == 32 || width == 64) &&
		(l.rec.Union || l.pos%whole == 0) && !(packed && whole > 8):
		align = max(align, whole)
	}
	if width > 0 {
		align = l.clamp(align)
	}
	l.align = max(l.align, align)
	if l.rec.Union {
		l.size = max(l.size, width)
	} else if align > 1 {
		l.pos = roundUp(l.pos, align)
	}
	l.putBits(f, t, width)
}

// plain reports whether a bit-field that is not packed, at the present
// position, is as good as an integer of its width; layout_decl of gcc's
// stor-layout.c then forgets that it is a bit-field.
func (l *layout) plain(width int64) bool {
	switch width {
	case 8, 16, 32, 64:
		return l.pos%width == 0
	}
	return false
}

func (l *layout) width(f *syntax.Field, t Type) (int64, bool) {
	if !isInteger(t) {
		l.c.errorf(f, "bit-field %s has type %s", f.Name, t)
		return 0, false
	}
	if l.c.expr(f.Width) == nil {
		return 0, false
	}
	w := ConstOf(f.Width)
	switch {
	case w == nil:
		l.c.errorf(f.Width, "width of bit-field %s is not constant", f.Name)
	case w.Negative():
		l.c.errorf(f.Width, "negative width in bit-field %s", f.Name)
	case w.Hi != 0 || w.Lo > uint64(intBits(t)):
		l.c.errorf(f.Width, "width of bit-field %s exceeds its type", f.Name)
	case w.Lo == 0 && f.Name != "":
		l.c.errorf(f.Width, "zero width for bit-field %s", f.Name)
	default:
		return int64(w.Lo), true
	}
	return 0, false
}

func (l *layout) finish() {
	r := l.rec
	end := l.pos
	if r.Union {
		end = l.size
	}
	r.align = l.align / 8
	r.size = roundUp(roundUp(end, 8), l.align) / 8
	for i := range r.Fields {
		if r.Fields[i].BitWidth > 0 {
			l.setUnit(&r.Fields[i])
		}
	}
	r.Complete = true
}

// setUnit chooses the storage unit of a bit-field, whose Offset still is its
// first bit.
func (l *layout) setUnit(f *Field) {
	start, width := f.Offset, int64(f.BitWidth)
	f.Unit = f.Type.Size()
	f.Offset = start / (f.Unit * 8) * f.Unit
	if start+width > (f.Offset+f.Unit)*8 || f.Offset+f.Unit > l.rec.size {
		f.Offset = start / 8
		f.Unit = (start+width+7)/8 - f.Offset
	}
	bit := start - f.Offset*8
	if l.c.u.abi.BigEndian {
		bit = f.Unit*8 - bit - width
	}
	f.BitOffset = int(bit)
}
