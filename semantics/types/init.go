package types

import "ptreview/parse/syntax"

// initializer types the initialiser of an object of type t and returns the
// object's type, whose length an initialiser may have given.
func (c *checker) initializer(t Type, init syntax.Expr) Type {
	list, braced := init.(*syntax.InitList)
	if !braced {
		return c.initValue(t, init)
	}
	if done, ok := list.Typed().Type.(Type); ok {
		return done
	}
	if !c.initialisable(t, init) {
		c.looseItems(list)
		return t
	}
	b := &initBuilder{c: c, out: &Initializer{Type: t}}
	n := b.braced(t, 0, list)
	if a, ok := Unqual(t).(*Array); ok && a.Len < 0 && n >= 0 {
		t = c.u.withLen(t, n)
		b.out.Type = t
	}
	b.out.Size = max(b.end, t.Size())
	list.Typed().Type = t
	list.Obj = b.out
	return t
}

// withLen completes an array type.
func (u *Unit) withLen(t Type, n int64) Type {
	a := Unqual(t).(*Array)
	done := &Array{Elem: a.Elem, Len: n}
	if q, ok := t.(*Qualified); ok {
		k := *q
		k.Elem = done
		return &k
	}
	return done
}

func (c *checker) initialisable(t Type, at syntax.Node) bool {
	a, isArray := Unqual(t).(*Array)
	switch {
	case isArray && a.VLA:
		c.errorf(at, "initialiser of an array of variable length")
	case isArray && a.Len < 0 && c.complete(a.Elem):
		return true
	case isVoid(t) || isFuncType(t) || !c.complete(t):
		c.errorf(at, "initialiser of incomplete type %s", t)
	default:
		return true
	}
	return false
}

// looseItems types what stands in braces that initialise nothing known.
func (c *checker) looseItems(list *syntax.InitList) {
	for _, item := range list.Items {
		if inner, ok := item.Value.(*syntax.InitList); ok {
			c.looseItems(inner)
		} else {
			c.expr(item.Value)
		}
	}
}

// initValue types an initialiser without braces.
func (c *checker) initValue(t Type, e syntax.Expr) Type {
	a, isArray := Unqual(t).(*Array)
	if isArray {
		if lit, ok := e.(*syntax.StringLit); ok && c.stringFits(a, lit) {
			if a.Len < 0 {
				return c.u.withLen(t, TypeOf(lit).(*Array).Len)
			}
			return t
		}
		return c.initArray(t, a, e)
	}
	if !c.initialisable(t, e) {
		c.expr(e)
		return t
	}
	if c.operand(e) != nil {
		c.assignable(t, e, "initialisation")
	}
	return t
}

// initArray allows a compound literal to initialise an array, as GNU C does.
func (c *checker) initArray(t Type, a *Array, e syntax.Expr) Type {
	from := c.expr(e)
	if from == nil {
		return t
	}
	if _, ok := e.(*syntax.CompoundLit); ok && c.u.compatible(unqualArray(c.u, a), unqualArray(c.u, from)) {
		if a.Len < 0 {
			return c.u.withLen(t, Unqual(from).(*Array).Len)
		}
		return t
	}
	c.errorf(e, "%s initialises array %s", from, t)
	return t
}

// stringFits reports whether a string literal initialises an array of that
// type.
func (c *checker) stringFits(a *Array, lit *syntax.StringLit) bool {
	elem, ok := Unqual(a.Elem).(*Basic)
	if !ok || c.expr(lit) == nil {
		return false
	}
	from := TypeOf(lit).(*Array).Elem.(*Basic)
	if from.Kind == Char {
		return elem.Kind == Char || elem.Kind == SChar || elem.Kind == UChar
	}
	return elem.Kind == from.Kind
}

// initBuilder lays braces out over a type.
type initBuilder struct {
	c      *checker
	out    *Initializer
	ranges []indexRange
	end    int64 // of the bytes initialised so far
	active map[unionAt]*Field
}

// unionAt is a union at some offset, to know which member it holds.
type unionAt struct {
	offset int64
	union  *Record
}

// indexRange is a designator [lo ... hi] in force. Only the item it stands
// before is repeated; values after that, where inner braces are left out, go to
// the last element.
type indexRange struct {
	Repeat
	cur  *cursor
	item int
}

// cursor walks the items between one pair of braces.
type cursor struct {
	items []syntax.InitItem
	pos   int
}

func (k *cursor) done() bool { return k.pos >= len(k.items) }

// maxEntries bounds an initialiser.
const maxEntries = 1 << 22

func (b *initBuilder) add(e InitEntry) {
	if len(b.out.Entries) >= maxEntries {
		b.c.fail(&UnsupportedError{What: "initialiser of that many values"})
		return
	}
	end := e.Offset + e.Type.Size()
	for _, r := range b.ranges {
		span := (r.Count - 1) * r.Stride
		end += span
		if r.cur.pos > r.item+1 {
			e.Offset += span
		} else {
			e.Repeats = append(e.Repeats, r.Repeat)
		}
	}
	b.out.Entries = append(b.out.Entries, e)
	b.end = max(b.end, end)
}

// clear undoes what earlier items did to an object that is initialised anew.
func (b *initBuilder) clear(t Type, off int64) {
	if off < b.end && t.Size() > 0 {
		b.add(InitEntry{Offset: off, Type: t})
	}
}

// braced initialises the object of type t at off from braces. For an array it
// returns the number of elements reached, otherwise -1.
func (b *initBuilder) braced(t Type, off int64, list *syntax.InitList) int64 {
	if list.Typed().Type == nil {
		list.Typed().Type = t
	}
	b.clear(t, off)
	cur := &cursor{items: list.Items}
	switch x := Unqual(t).(type) {
	case *Array:
		if lit := loneString(list); lit != nil && b.c.stringFits(x, lit) {
			return b.str(t, x, off, lit)
		}
		return b.fill(t, off, cur, nil, true)
	case *Record, *Vector:
		return b.fill(t, off, cur, nil, true)
	}
	b.bracedScalar(t, off, nil, list)
	return -1
}

// bracedScalar initialises a scalar from "{ value }".
func (b *initBuilder) bracedScalar(t Type, off int64, f *Field, list *syntax.InitList) {
	if list.Typed().Type == nil {
		list.Typed().Type = t
	}
	if len(list.Items) == 0 {
		return // {} of a scalar: zero
	}
	item := list.Items[0]
	if len(item.Path) > 0 || len(list.Items) > 1 {
		b.c.errorf(list, "more than one value for an object of type %s", t)
		b.c.looseItems(list)
		return
	}
	b.scalar(t, off, f, item.Value)
}

func loneString(list *syntax.InitList) *syntax.StringLit {
	if len(list.Items) != 1 || len(list.Items[0].Path) > 0 {
		return nil
	}
	lit, _ := list.Items[0].Value.(*syntax.StringLit)
	return lit
}

// str initialises an array of characters and returns its length.
func (b *initBuilder) str(t Type, a *Array, off int64, lit *syntax.StringLit) int64 {
	n := TypeOf(lit).(*Array).Len
	if a.Len < 0 {
		t = b.c.u.withLen(t, n)
	}
	b.add(InitEntry{Offset: off, Type: t, Value: lit})
	return n
}

// scalar stores one value; f is the bit-field it goes to, if any.
func (b *initBuilder) scalar(t Type, off int64, f *Field, v syntax.Expr) {
	if list, ok := v.(*syntax.InitList); ok {
		b.bracedScalar(t, off, f, list)
		return
	}
	if b.c.operand(v) == nil {
		return
	}
	b.c.assignable(t, v, "initialisation")
	b.add(InitEntry{Offset: off, Type: t, Field: f, Value: v})
}

// fill initialises the members of an aggregate from cur. The first item goes
// where path says, if it is not empty; braces of its own (top) make designators
// refer to this aggregate. The result is that of braced.
func (b *initBuilder) fill(t Type, off int64, cur *cursor, path []syntax.Designator, top bool) int64 {
	switch x := Unqual(t).(type) {
	case *Array:
		return b.fillArray(x.Elem, x.Len, off, cur, path, top)
	case *Vector:
		return b.fillArray(x.Elem, x.Len, off, cur, path, top)
	case *Record:
		b.fillRecord(t, x, off, cur, path, top)
	}
	return -1
}

func (b *initBuilder) fillArray(elem Type, length, off int64, cur *cursor, path []syntax.Designator, top bool) int64 {
	size := elem.Size()
	next, reached := int64(0), int64(0)
	for {
		lo, hi := next, next
		var rest []syntax.Designator
		switch {
		case len(path) > 0:
			var ok bool
			if lo, hi, ok = b.indexes(path[0], length, size); !ok {
				cur.pos++
				path = nil
				continue
			}
			rest = path[1:]
		case cur.done():
			return reached
		case len(cur.items[cur.pos].Path) > 0:
			if !top {
				return reached
			}
			path = cur.items[cur.pos].Path
			continue
		case length >= 0 && next >= length:
			if !top {
				return reached
			}
			b.excess(cur)
			continue
		}
		path = nil
		pos := cur.pos
		b.element(elem, off+lo*size, hi-lo+1, size, cur, rest)
		if cur.pos == pos && top {
			b.excess(cur)
		}
		next = hi + 1
		reached = max(reached, next)
	}
}

// element initialises count elements of an array alike.
func (b *initBuilder) element(t Type, off, count, size int64, cur *cursor, path []syntax.Designator) {
	if count > 1 {
		b.ranges = append(b.ranges, indexRange{Repeat{Count: count, Stride: size}, cur, cur.pos})
		defer func() { b.ranges = b.ranges[:len(b.ranges)-1] }()
	}
	b.member(t, off, nil, cur, path)
}

// indexes evaluates [lo] or [lo ... hi].
func (b *initBuilder) indexes(d syntax.Designator, length, size int64) (lo, hi int64, ok bool) {
	if d.Field != "" || d.Lo == nil {
		b.c.fail(&Error{Msg: "designator ." + d.Field + " in an array"})
		return 0, 0, false
	}
	read := func(e syntax.Expr) (int64, bool) {
		if b.c.expr(e) == nil {
			return 0, false
		}
		k := ConstOf(e)
		limit := length
		if limit < 0 {
			limit = maxObject / max(size, 1) / 2
		}
		if k == nil || !isInteger(k.Type) || k.Negative() || k.Hi != 0 || k.Lo >= uint64(limit) {
			b.c.errorf(e, "array index in an initialiser is not a constant within the array")
			return 0, false
		}
		return int64(k.Lo), true
	}
	lo, ok = read(d.Lo)
	hi = lo
	if ok && d.Hi != nil {
		hi, ok = read(d.Hi)
		if ok && hi < lo {
			b.c.errorf(d.Hi, "empty index range in an initialiser")
			ok = false
		}
	}
	return lo, hi, ok
}

// excess skips a value that has no place; gcc warns.
func (b *initBuilder) excess(cur *cursor) {
	v := cur.items[cur.pos].Value
	b.c.warn(v, "excess elements in initialiser")
	if list, ok := v.(*syntax.InitList); ok {
		b.c.looseItems(list)
	} else {
		b.c.expr(v)
	}
	cur.pos++
}

func (b *initBuilder) fillRecord(t Type, r *Record, off int64, cur *cursor, path []syntax.Designator, top bool) {
	next := 0
	for {
		i := next
		var rest []syntax.Designator
		switch {
		case len(path) > 0:
			if i, rest = b.designated(r, cur, path); i < 0 {
				cur.pos++
				path = nil
				continue
			}
		case cur.done():
			return
		case len(cur.items[cur.pos].Path) > 0:
			if !top {
				return
			}
			path = cur.items[cur.pos].Path
			continue
		case next >= len(r.Fields):
			if !top {
				return
			}
			b.excess(cur)
			continue
		}
		path = nil
		f := &r.Fields[i]
		b.enter(t, r, off, cur, f)
		b.member(b.c.u.qualify(f.Type, qualsOf(t)), off+f.Offset, f, cur, rest)
		next = i + 1
		if r.Union {
			next = len(r.Fields)
		}
	}
}

// enter notes which member of a union is initialised; another one before it is
// forgotten. With ranges in force that concerns many unions.
func (b *initBuilder) enter(t Type, r *Record, off int64, cur *cursor, f *Field) {
	if !r.Union {
		return
	}
	if b.active == nil {
		b.active = make(map[unionAt]*Field)
	}
	places := b.places(off, cur)
	if len(places) > maxPlaces {
		b.c.unsupported(cur.items[cur.pos].Value, "union inside a wide range designator")
		return
	}
	for _, at := range places {
		key := unionAt{at, r}
		if old := b.active[key]; old != nil && old != f && t.Size() > 0 {
			b.out.Entries = append(b.out.Entries, InitEntry{Offset: at, Type: t})
		}
		b.active[key] = f
	}
}

// maxPlaces bounds the unions one range may initialise.
const maxPlaces = 1 << 12

// places lists where the value at cur goes, given the ranges in force; at most
// one more than maxPlaces.
func (b *initBuilder) places(off int64, cur *cursor) []int64 {
	list := []int64{off}
	for _, r := range b.ranges {
		next := r.cur.pos
		if r.cur == cur {
			next++ // the value is not consumed yet
		}
		if next > r.item+1 {
			for i := range list {
				list[i] += (r.Count - 1) * r.Stride
			}
			continue
		}
		once := list
		for i := int64(1); i < r.Count && len(list) <= maxPlaces; i++ {
			for _, at := range once {
				list = append(list, at+i*r.Stride)
			}
		}
	}
	return list
}

// designated finds the member a designator names: its index, and what is left
// of the path. A member of an anonymous record leads to that record.
func (b *initBuilder) designated(r *Record, cur *cursor, path []syntax.Designator) (int, []syntax.Designator) {
	v := cur.items[cur.pos].Value
	name := path[0].Field
	if name == "" {
		b.c.errorf(v, "array designator in an initialiser of %s", r)
		return -1, nil
	}
	s := r.find(name)
	if s == nil {
		b.c.fail(&MemberError{Name: name, Record: r, Loc: v.Loc(), Position: b.c.u.Position(v.Loc())})
		return -1, nil
	}
	for i := range r.Fields {
		if &r.Fields[i] == s.Path[0] {
			if len(s.Path) > 1 {
				return i, path
			}
			return i, path[1:]
		}
	}
	panic("types: a record does not have the field it found")
}

// member initialises one subobject from the item at cur, which it consumes,
// and where braces are left out from the ones after it.
func (b *initBuilder) member(t Type, off int64, f *Field, cur *cursor, path []syntax.Designator) {
	if f != nil && !f.IsBitField() {
		f = nil
	}
	if len(path) > 0 {
		b.fill(t, off, cur, path, false)
		return
	}
	v := cur.items[cur.pos].Value
	if list, ok := v.(*syntax.InitList); ok {
		cur.pos++
		if f != nil {
			b.bracedScalar(t, off, f, list)
			return
		}
		b.braced(t, off, list)
		return
	}
	switch x := Unqual(t).(type) {
	case *Array:
		if lit, ok := v.(*syntax.StringLit); ok && b.c.stringFits(x, lit) {
			cur.pos++
			b.clear(t, off)
			b.str(t, x, off, lit)
			return
		}
	case *Record, *Vector:
		from := b.c.operand(v)
		if from == nil {
			cur.pos++
			return
		}
		if b.c.u.compatible(Unqual(t), from) {
			cur.pos++
			b.clear(t, off)
			b.add(InitEntry{Offset: off, Type: t, Value: v})
			return
		}
	default:
		cur.pos++
		b.scalar(t, off, f, v)
		return
	}
	pos := cur.pos
	b.fill(t, off, cur, nil, false)
	if cur.pos == pos {
		b.excess(cur) // an aggregate without members swallows a value
	}
}
