package cache

import (
	"strconv"
	"time"
)

// mails is the group of mails that came one by one.
const mails = "mails"

// Letter names a mail of a series: the thread by the Message-ID that it began
// with, the version, and n/m.
type Letter struct {
	Thread            string
	Version, N, Total int
}

func (l Letter) name() string {
	return nameOf(l.Thread, strconv.Itoa(l.Version), strconv.Itoa(l.N), strconv.Itoa(l.Total))
}

// KeepMail keeps the text of a mail. The last one of a name is kept.
func (s *Store) KeepMail(l Letter, text []byte) error {
	if err := s.put(mails, l.name(), text); err != nil {
		return err
	}
	return s.trim(time.Now())
}

// Mail returns the text of a mail that was kept, nil if there is none.
func (s *Store) Mail(l Letter) []byte { return s.get(mails, l.name()) }
