package kconfig

import (
	"strconv"
	"strings"
)

// Bounds on macro expansion, far above what any kernel needs.
const (
	maxMacroDepth = 500
	maxMacroCalls = 1 << 20
	maxMacroBytes = 64 << 20
	maxMacroArgs  = 16
)

type macro struct {
	value  string
	simple bool // expanded when assigned (:=), not when used
	active int  // expansions of it in progress
}

// macros is the state of the macro language.
type macros struct {
	vars   map[string]*macro
	env    map[string]string
	shell  func(cmd string, pos Pos) string
	warn   func(pos Pos, format string, args ...any)
	info   func(pos Pos, text string)
	calls  int
	copied int
}

// assign handles name = text, name := text and name += text.
func (m *macros) assign(name, op, text string, pos Pos) error {
	v := m.vars[name]
	appending := op == "+=" && v != nil
	if v == nil {
		v = &macro{}
		m.vars[name] = v
	}
	if !appending {
		v.simple = op == ":="
	}
	if v.simple {
		out, err := m.expand(text, nil, pos, 0)
		if err != nil {
			return err
		}
		text = out
	}
	if !appending {
		v.value = text
		return nil
	}
	if m.copied += len(v.value); m.copied > maxMacroBytes {
		return macroError(pos, "macro expansion is too large")
	}
	v.value += " " + text
	return nil
}

func macroError(pos Pos, msg string) error { return &Error{Pos: pos, Msg: msg} }

// expand returns s with every reference in it expanded. args are the
// arguments $(1), $(2)… of the call s is the body of.
func (m *macros) expand(s string, args []string, pos Pos, depth int) (string, error) {
	out, _, err := m.expandUntil(s, func(byte) bool { return false }, args, pos, depth)
	return out, err
}

// expandWord expands the word at the start of line and returns how many
// bytes of line it took.
func (m *macros) expandWord(line string, pos Pos) (string, int, error) {
	return m.expandUntil(line, func(c byte) bool { return !isWordByte(c) }, nil, pos, 0)
}

func (m *macros) expandUntil(s string, end func(byte) bool, args []string, pos Pos, depth int) (string, int, error) {
	if i := strings.IndexByte(s, '$'); i < 0 {
		for i = 0; i < len(s) && !end(s[i]); i++ {
		}
		return s[:i], i, nil
	}
	var b strings.Builder
	i := 0
	for i < len(s) && (s[i] == '$' || !end(s[i])) {
		if s[i] != '$' {
			b.WriteByte(s[i])
			i++
			continue
		}
		text, n, err := m.expandDollar(s[i+1:], args, pos, depth)
		if err != nil {
			return "", 0, err
		}
		b.WriteString(text)
		i += 1 + n
	}
	if m.copied += b.Len(); m.copied > maxMacroBytes {
		return "", 0, macroError(pos, "macro expansion is too large")
	}
	return b.String(), i, nil
}

// expandDollar expands the reference whose $ stands before s, and returns how
// many bytes of s it took. A $ without parenthesis is only itself.
func (m *macros) expandDollar(s string, args []string, pos Pos, depth int) (string, int, error) {
	if s == "" || s[0] != '(' {
		return "$", 0, nil
	}
	nest := 0
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '(':
			nest++
		case s[i] == ')' && nest > 0:
			nest--
		case s[i] == ')':
			out, err := m.call(s[1:i], args, pos, depth+1)
			return out, i + 1, err
		}
	}
	return "", 0, macroError(pos, "unterminated reference to '"+s[1:]+"': missing ')'")
}

// call evaluates what stands between the parentheses of a reference.
func (m *macros) call(clause string, outer []string, pos Pos, depth int) (string, error) {
	if m.calls++; m.calls > maxMacroCalls || depth > maxMacroDepth {
		return "", macroError(pos, "macro expansion is too deep or does not end")
	}
	if n, err := strconv.Atoi(clause); err == nil && n > 0 && n <= len(outer) {
		return outer[n-1], nil
	}
	parts := splitArgs(clause)
	if len(parts) > maxMacroArgs {
		return "", macroError(pos, "too many function arguments")
	}
	for i, part := range parts {
		text, err := m.expand(part, outer, pos, depth)
		if err != nil {
			return "", err
		}
		parts[i] = text
	}
	name, args := parts[0], parts[1:]
	if v := m.vars[name]; v != nil {
		return m.callMacro(name, v, args, pos, depth)
	}
	if out, ok, err := m.callBuiltin(name, args, pos); ok || err != nil {
		return out, err
	}
	if len(args) == 0 {
		return m.env[name], nil
	}
	return "", nil
}

// splitArgs cuts s at the commas outside parentheses.
func splitArgs(s string) []string {
	var parts []string
	nest, start := 0, 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '(':
			nest++
		case s[i] == ')':
			nest--
		case s[i] == ',' && nest == 0:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

func (m *macros) callMacro(name string, v *macro, args []string, pos Pos, depth int) (string, error) {
	if v.simple {
		return v.value, nil
	}
	if len(args) == 0 && v.active > 0 {
		return "", macroError(pos, "recursive variable '"+name+"' references itself (eventually)")
	}
	v.active++
	out, err := m.expand(v.value, args, pos, depth)
	v.active--
	return out, err
}

func (m *macros) callBuiltin(name string, args []string, pos Pos) (out string, ok bool, err error) {
	want, ok := map[string]int{
		"error-if": 2, "filename": 0, "info": 1, "lineno": 0, "shell": 1, "warning-if": 2,
	}[name]
	switch {
	case !ok:
		return "", false, nil
	case len(args) < want:
		return "", true, macroError(pos, "too few function arguments passed to '"+name+"'")
	case len(args) > want:
		return "", true, macroError(pos, "too many function arguments passed to '"+name+"'")
	}
	switch name {
	case "error-if":
		if args[0] == "y" {
			err = macroError(pos, args[1])
		}
	case "warning-if":
		if args[0] == "y" {
			m.warn(pos, "%s", args[1])
		}
	case "info":
		m.info(pos, args[0])
	case "filename":
		out = pos.Path
	case "lineno":
		out = strconv.Itoa(pos.Line)
	case "shell":
		out = shellOutput(m.shell(args[0], pos))
	}
	return out, true, err
}

// shellOutput is what $(shell,…) makes of a command's output.
func shellOutput(s string) string {
	if len(s) > 4095 {
		s = s[:4095]
	}
	return strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", " ")
}
