package kconfig

import "strings"

type tokenKind uint8

const (
	tokEOF tokenKind = iota
	tokEOL
	tokWord     // an unquoted word, keywords included
	tokQuoted   // a string
	tokOperator // one of = != < <= > >= ! && || ( ) := +=
)

// token is one token. Only a word written out in the source can be a
// keyword; what a macro expanded to cannot.
type token struct {
	kind     tokenKind
	expanded bool
	text     string
}

func (t token) String() string {
	switch t.kind {
	case tokEOF:
		return "end of file"
	case tokEOL:
		return "end of line"
	case tokQuoted:
		return `"` + t.text + `"`
	}
	return t.text
}

func (t token) isKeyword(s string) bool {
	return t.kind == tokWord && !t.expanded && t.text == s
}

func (t token) isOperator(s string) bool { return t.kind == tokOperator && t.text == s }

// lexer cuts one file into tokens. Macros are expanded while it reads.
type lexer struct {
	path   string
	src    string
	off    int
	line   int // of the byte at off
	macros *macros
	warn   func(pos Pos, format string, args ...any)
}

func (l *lexer) pos() Pos { return Pos{l.path, l.line} }

// next returns the next token. At the end of the file it returns tokEOF.
func (l *lexer) next() (token, error) {
	for l.off < len(l.src) {
		c := l.src[l.off]
		switch {
		case c == ' ' || c == '\t':
			l.off++
		case c == '\n':
			l.off++
			l.line++
			return token{kind: tokEOL}, nil
		case c == '\\' && strings.HasPrefix(l.src[l.off:], "\\\n"):
			l.off += 2
			l.line++
		case c == '#':
			l.off = l.lineEnd()
		case c == '"' || c == '\'':
			return l.quoted(c)
		case isWordByte(c) || c == '$':
			if t, ok, err := l.word(); ok || err != nil {
				return t, err
			}
		default:
			if t, ok := l.operator(); ok {
				return t, nil
			}
			l.warn(l.pos(), "ignoring unsupported character %q", c)
			l.off++
		}
	}
	return token{kind: tokEOF}, nil
}

// lineEnd returns the offset of the line end at or after l.off.
func (l *lexer) lineEnd() int {
	if i := strings.IndexByte(l.src[l.off:], '\n'); i >= 0 {
		return l.off + i
	}
	return len(l.src)
}

func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}

// word reads a word; ok is false for one that expands to nothing.
func (l *lexer) word() (t token, ok bool, err error) {
	start, dollar := l.off, false
	for l.off < len(l.src) && (isWordByte(l.src[l.off]) || l.src[l.off] == '$') {
		dollar = dollar || l.src[l.off] == '$'
		l.off++
	}
	if !dollar {
		return token{kind: tokWord, text: l.src[start:l.off]}, true, nil
	}
	rest := l.src[start:l.lineEnd()]
	text, n, err := l.macros.expandWord(rest, l.pos())
	if err != nil {
		return token{}, false, err
	}
	l.off = start + n
	return token{kind: tokWord, expanded: true, text: text}, text != "", nil
}

// quoted reads a string that starts and ends with quote. A backslash keeps
// the byte after it; $(…) is expanded up to the end of the line.
func (l *lexer) quoted(quote byte) (token, error) {
	l.off++
	if end := l.plainString(quote); end >= 0 {
		t := token{kind: tokQuoted, text: l.src[l.off:end]}
		l.off = end + 1
		return t, nil
	}
	var b strings.Builder
	for l.off < len(l.src) {
		c := l.src[l.off]
		switch {
		case c == '\n':
			l.warn(l.pos(), "multi-line strings not supported")
			return token{kind: tokQuoted, text: b.String()}, nil
		case c == quote:
			l.off++
			return token{kind: tokQuoted, text: b.String()}, nil
		case c == '\\':
			l.off++
			if l.off < len(l.src) && l.src[l.off] != '\n' {
				b.WriteByte(l.src[l.off])
				l.off++
			}
		case c == '$':
			text, n, err := l.macros.expandDollar(l.src[l.off+1:l.lineEnd()], nil, l.pos(), 0)
			if err != nil {
				return token{}, err
			}
			b.WriteString(text)
			l.off += 1 + n
		default:
			b.WriteByte(c)
			l.off++
		}
	}
	return token{kind: tokQuoted, text: b.String()}, nil
}

// plainString returns the offset of the closing quote when nothing before it
// needs more than copying, otherwise -1.
func (l *lexer) plainString(quote byte) int {
	for i := l.off; i < len(l.src); i++ {
		switch l.src[i] {
		case quote:
			return i
		case '\n', '\\', '$':
			return -1
		}
	}
	return -1
}

func (l *lexer) operator() (token, bool) {
	rest := l.src[l.off:]
	for _, op := range [...]string{"&&", "||", "!=", "<=", ">=", ":=", "+=", "=", "<", ">", "!", "(", ")"} {
		if strings.HasPrefix(rest, op) {
			l.off += len(op)
			return token{kind: tokOperator, text: op}, true
		}
	}
	return token{}, false
}

// assignment returns the rest of the line after an assignment operator,
// without blanks before it, and moves to the line end.
func (l *lexer) assignment() string {
	end := l.lineEnd()
	text := strings.TrimLeft(l.src[l.off:end], " \t")
	l.off = end
	return text
}

// help reads the block after a help line and returns its raw lines. It ends
// before the first line that is indented less than its first one; a first
// line at column 0 still belongs to it, as for conf.
func (l *lexer) help() string {
	start, indent := l.off, 0
	for l.off < len(l.src) {
		end := l.lineEnd()
		body := strings.TrimLeft(l.src[l.off:end], " \t")
		if width := blankWidth(l.src[l.off : end-len(body)]); body != "" {
			if width < indent {
				break
			}
			if indent == 0 {
				indent = width
			}
		}
		l.off = end
		if end < len(l.src) {
			l.off++
			l.line++
		}
		if l.off < len(l.src) && !isBlank(l.src[l.off]) {
			break
		}
	}
	return l.src[start:l.off]
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' }

// blankWidth returns the column after blanks, with a tab stop every 8.
func blankWidth(blanks string) int {
	w := 0
	for i := 0; i < len(blanks); i++ {
		if blanks[i] == '\t' {
			w = w&^7 + 8
		} else {
			w++
		}
	}
	return w
}

// dedentHelp returns a raw help block without its indentation and without
// blanks at the end of lines.
func dedentHelp(raw string) string {
	lines := strings.Split(strings.TrimRight(raw, " \t\n"), "\n")
	indent := -1
	for i, line := range lines {
		body := strings.TrimLeft(line, " \t")
		width := blankWidth(line[:len(line)-len(body)])
		if body = strings.TrimRight(body, " \t"); body == "" {
			lines[i] = ""
			continue
		}
		if indent < 0 {
			indent = width
		}
		lines[i] = strings.Repeat(" ", max(width-indent, 0)) + body
	}
	return strings.Join(lines, "\n")
}
