package man

import "testing"

func TestRoff(t *testing.T) {
	p := &Page{
		Name: "p-q", Source: "p 1", Summary: "Does it.", Usage: "p q [flags]",
		Text:     ".SH is no request here\n'either \\n, and a well-known --flag\n\n  as -is  'x'\n\nMore.",
		Examples: "  p q --flag ~/x\n",
		SeeAlso:  []string{"p", "p-r"},
		Options:  []Item{{"--flag=X", ".what it does."}},
	}
	want := `.TH P\-Q 1 "" "p 1"
.nh
.SH NAME
p\-q \- Does it
.SH SYNOPSIS
p q [flags]
.SH DESCRIPTION
\&.SH is no request here
\&'either \en, and a well-known \-\-flag
.PP
.nf
  as \-is  \(aqx\(aq
.fi
.PP
More.
.SH OPTIONS
.TP
\fB\-\-flag=X\fR
\&.what it does.
.SH EXAMPLES
.nf
  p q \-\-flag \(ti/x
.fi
.SH SEE ALSO
.BR p (1),
.BR p\-r (1)
`
	if got := p.Roff(); got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
}
