package kconfig

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

const configPrefix = "CONFIG_"

// Assignment is one line of a .config, defconfig or fragment.
type Assignment struct {
	Name  string // without CONFIG_
	Value string // as written after the =, strings with quotes; n for "is not set"
	Unset bool   // "# CONFIG_… is not set"
	Tail  string // what follows "is not set"; usually empty
	Pos   Pos
}

// String returns the line.
func (a Assignment) String() string {
	if a.Unset {
		return "# " + configPrefix + a.Name + " is not set" + a.Tail
	}
	return configPrefix + a.Name + "=" + a.Value
}

// Assignments are the lines of a .config in order; of several for one symbol
// the last that is valid counts.
type Assignments []Assignment

// Set returns a with name assigned value, which is written as in a .config:
// y, m, n, 42, 0x10 or "text".
func (a Assignments) Set(name, value string) Assignments {
	return append(a[:len(a):len(a)], Assignment{Name: name, Value: value, Pos: Pos{Path: "command line", Line: 1}})
}

// maxConfigLine bounds a line of a .config.
const maxConfigLine = 1 << 20

// ParseConfig reads a .config, defconfig or fragment; name is used in
// positions. Comments and blank lines are skipped. Lines that are neither a
// comment nor an assignment are *Error, joined if there are several; what
// could be read is returned with them.
func ParseConfig(r io.Reader, name string) (Assignments, error) {
	var (
		list Assignments
		errs errorList
		line int
	)
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxConfigLine)
	for lines.Scan() {
		line++
		pos := Pos{name, line}
		a, ok, err := parseConfigLine(strings.TrimSuffix(lines.Text(), "\r"))
		switch {
		case err != "":
			errs.add(pos, "%s", err)
		case ok:
			a.Pos = pos
			list = append(list, a)
		}
	}
	if err := lines.Err(); err != nil {
		errs.add(Pos{name, line + 1}, "%v", err)
	}
	return list, errs.err()
}

// parseConfigLine reads a line; ok is false for comments.
func parseConfigLine(s string) (a Assignment, ok bool, err string) {
	if s == "" {
		return a, false, ""
	}
	if s[0] == '#' {
		rest, found := strings.CutPrefix(s, "# "+configPrefix)
		if !found {
			return a, false, ""
		}
		name, tail, found := strings.Cut(rest, " ")
		tail, unset := strings.CutPrefix(tail, "is not set")
		if !found || !unset {
			return a, false, ""
		}
		return Assignment{Name: name, Value: "n", Unset: true, Tail: tail}, true, ""
	}
	rest, found := strings.CutPrefix(s, configPrefix)
	name, value, assigned := strings.Cut(rest, "=")
	if !found || !assigned {
		return a, false, fmt.Sprintf("unexpected data: %.200s", s)
	}
	return Assignment{Name: name, Value: value}, true, ""
}

// Merge returns base with fragments put on top, as the kernel's
// merge_config.sh does: what a fragment assigns or unsets is removed from
// everything before it.
func Merge(base Assignments, fragments ...Assignments) Assignments {
	out := append(Assignments(nil), base...)
	for _, fragment := range fragments {
		named := map[string]bool{}
		for _, a := range fragment {
			named[a.Name] = true
		}
		kept := out[:0]
		for _, a := range out {
			if !named[a.Name] {
				kept = append(kept, a)
			}
		}
		out = append(kept, fragment...)
	}
	return out
}

// assign takes over what the lines of a .config say.
func (ev *evaluation) assign(user Assignments) {
	for _, a := range user {
		s := ev.k.Symbol(a.Name)
		if isTriName(a.Name) || s == nil || a.Unset && a.Tail != "" && !ev.k.dialect.laxUnset {
			continue
		}
		st := ev.of(s)
		if st.hasUser {
			ev.warn(a.Pos, "override: reassigning to symbol %s", s.name)
		}
		if !ev.assignValue(s, st, a) {
			continue
		}
		if s.memberOf == nil {
			continue
		}
		if !ev.k.dialect.choiceSymbols {
			ev.promote(s)
		} else if s.choiceValue {
			ev.assignMember(s, a.Pos)
		}
	}
}

// assignValue stores the value of a in st and reports whether a is valid.
func (ev *evaluation) assignValue(s *Symbol, st *symbolState, a Assignment) bool {
	switch s.typ {
	case Bool, Tristate:
		tri := strings.IndexByte("nmy", (a.Value + " ")[0])
		if tri < 0 || tri == int(Mod) && s.typ == Bool {
			ev.warn(a.Pos, "symbol value '%s' invalid for %s", a.Value, s.name)
			return false
		}
		st.userTri, st.hasUser = Tri(tri), true
	case Int, Hex:
		if !s.typ.accepts(a.Value) {
			ev.warn(a.Pos, "symbol value '%s' invalid for %s", a.Value, s.name)
			return false
		}
		st.user, st.hasUser = a.Value, true
	case String:
		if !strings.HasPrefix(a.Value, `"`) {
			// conf takes this for valid and ignores it.
			return true
		}
		text, ok := unquote(a.Value[1:])
		if !ok {
			ev.warn(a.Pos, "invalid string found")
			return false
		}
		st.user, st.hasUser = text, true
	}
	return true
}

// unquote returns s up to its first quote without backslash, with the
// backslashes removed.
func unquote(s string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), true
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '\\':
			return "", false
		default:
			b.WriteByte(s[i])
		}
	}
	return "", false
}

// promote puts s first among the members of its choice.
func (ev *evaluation) promote(s *Symbol) {
	ch := &ev.choices[s.memberOf.index]
	if ch.rank == nil {
		ch.rank = append([]*Symbol(nil), s.memberOf.members...)
	}
	for i, m := range ch.rank {
		if m == s {
			copy(ch.rank[1:i+1], ch.rank[:i])
			ch.rank[0] = s
			return
		}
	}
}

// assignMember lets an assigned member of an older choice set the choice.
func (ev *evaluation) assignMember(s *Symbol, pos Pos) {
	c := s.memberOf
	group, tri := ev.of(c.sym), ev.of(s).userTri
	switch tri {
	case Mod:
		if group.userTri == Yes {
			ev.warn(pos, "%s creates inconsistent choice state", s.name)
			group.hasUser = false
		}
	case Yes:
		if group.userTri != No {
			ev.warn(pos, "override: %s changes choice state", s.name)
		}
		ev.choices[c.index].user = s
	}
	group.userTri = max(group.userTri, tri)
}
