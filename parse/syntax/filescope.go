package syntax

// FileScope is told what declarations put into file scope; none of its
// functions is nil.
type FileScope struct {
	// Record gets each struct or union whose tag belongs to the file: those
	// defined, be it inside of others, and those mentioned by name. Among
	// them are those that parameters mention: C gives a tag first met there a
	// scope of its own, but here it belongs to the file, whichever function is
	// looked at first. defines tells one whose members belong to the file too.
	Record func(r *Record, defines bool)
	// Enum gets each enumeration with enumerators.
	Enum func(e *Enum)
	// Object gets each declarator of a declaration.
	Object func(d *Declaration, v *Declarator)
	// Function gets function definitions.
	Function func(fn *FuncDef)
}

// Visit tells what d declares, in the order of the text.
func (s *FileScope) Visit(d Decl) {
	switch d := d.(type) {
	case *Declaration:
		s.specifiers(leafOf(d.Base))
		for _, v := range d.Vars {
			s.params(v.Type)
			s.Object(d, v)
		}
	case *FuncDef:
		s.specifiers(leafOf(d.Type.Result))
		s.params(d.Type)
		s.Function(d)
	}
}

// leafOf leads from a declarator's type to the specifiers it was made of.
func leafOf(t TypeExpr) TypeExpr {
	for {
		switch x := t.(type) {
		case *Pointer:
			t = x.Elem
		case *Array:
			t = x.Elem
		case *Func:
			t = x.Result
		case *Qualified:
			t = x.Elem
		default:
			return t
		}
	}
}

// specifiers finds the tags and enumerators that specifiers declare. A
// definition inside another record belongs to file scope as well.
func (s *FileScope) specifiers(t TypeExpr) {
	switch t := t.(type) {
	case *Record:
		s.Record(t, t.Body)
		var before TypeExpr // fields with the same specifiers follow each other
		for _, f := range t.Fields {
			if leaf := leafOf(f.Type); leaf != before {
				s.specifiers(leaf)
				before = leaf
			}
			s.params(f.Type)
		}
	case *Enum:
		if t.Body {
			s.Enum(t)
		}
	case *Typeof:
		if t.Of != nil {
			s.specifiers(leafOf(t.Of))
		}
	}
}

// params finds the tags that the parameters of a declarator mention.
func (s *FileScope) params(t TypeExpr) {
	for {
		switch x := t.(type) {
		case *Pointer:
			t = x.Elem
		case *Array:
			t = x.Elem
		case *Qualified:
			t = x.Elem
		case *Func:
			for _, p := range x.Params {
				if r, ok := leafOf(p.Type).(*Record); ok && r.Tag != "" {
					s.Record(r, false)
				}
				s.params(p.Type)
			}
			t = x.Result
		default:
			return
		}
	}
}
