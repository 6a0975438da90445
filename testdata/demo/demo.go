// Package demo embeds a kernel in miniature and a series against it, the
// founding case retold, so that the program can show itself without a kernel.
package demo

import (
	"embed"
	"io/fs"
)

//go:embed tree series wrong-fix.patch right-fix.patch
var files embed.FS

// Tree returns the miniature kernel.
func Tree() fs.FS {
	sub, err := fs.Sub(files, "tree")
	if err != nil {
		panic(err) // the embed pattern above names it
	}
	return sub
}

// Mail is one patch mail with its file name.
type Mail struct {
	Name string
	Data []byte
}

// Series returns the two mails that let pte_offset_map_lock() fail, in order.
func Series() []Mail {
	return []Mail{
		read("series/0001-mm-let-pte_offset_map-fail.patch"),
		read("series/0002-mm-compare-the-pmd-again-under-the-page-table-lock.patch"),
	}
}

// WrongFix returns the mail that silences the crash and compares nothing.
func WrongFix() Mail { return read("wrong-fix.patch") }

// RightFix returns the mail that compares the entries.
func RightFix() Mail { return read("right-fix.patch") }

func read(name string) Mail {
	data, err := files.ReadFile(name)
	if err != nil {
		panic(err) // the embed pattern above names it
	}
	return Mail{Name: name, Data: data}
}
