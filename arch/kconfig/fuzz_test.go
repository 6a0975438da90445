package kconfig

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"
)

// FuzzParse checks that any Kconfig is read or refused, and that what it
// writes is accepted unchanged.
func FuzzParse(f *testing.F) {
	for _, x := range append(features, oldFeatures...) {
		f.Add(x.kconfig, x.config, true)
		f.Add(x.kconfig, x.config, false)
	}
	for _, m := range append(mistakes, newMistakes...) {
		f.Add(m.kconfig, "", false)
	}
	f.Fuzz(func(t *testing.T, kconfig, config string, old bool) {
		d := newDialect
		if old {
			d = oldDialect
		}
		k, err := loadAs(fstest.MapFS{"Kconfig": {Data: []byte(kconfig)}}, "test", featureEnv(), d)
		if err != nil {
			return
		}
		list, _ := ParseConfig(bytes.NewReader([]byte(config)), "config")
		c, _, err := k.Olddefconfig(list)
		if err != nil {
			t.Fatal(err)
		}
		for s := range k.Symbols {
			_ = s.Definitions()
			_ = s.Depends().String()
			_ = c.Eval(s.SelectedBy())
		}
		_ = written(t, c)
		_ = c.Autoconf()
		if _, _, err := k.Olddefconfig(c.Assignments()); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzParseConfig checks that the lines read survive being written.
func FuzzParseConfig(f *testing.F) {
	for _, x := range features {
		f.Add(x.config)
	}
	f.Add("CONFIG_A=\"\\\"\r\n# CONFIG_B is not set \nCONFIG_")
	f.Fuzz(func(t *testing.T, text string) {
		list, _ := ParseConfig(bytes.NewReader([]byte(text)), "config")
		if strings.Contains(assignmentsText(list), "\r\n") {
			// A value that ends in a carriage return cannot be written: as
			// in conf, the reader takes one for part of the line end.
			return
		}
		again, err := ParseConfig(bytes.NewReader([]byte(assignmentsText(list))), "config")
		if err != nil {
			t.Fatal(err)
		}
		if got, want := assignmentsText(again), assignmentsText(list); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
