package main

import (
	"fmt"

	"ptreview/cmd/ptreview/internal/cache"
	"ptreview/cmd/ptreview/internal/single"
	"ptreview/parse/mbox"
)

// thread has the mails of a series that were given one after the other. Each is
// kept in the cache, if there is one, for those behind it.
type thread struct {
	store *cache.Store // nil keeps nothing
	b4Mail
}

// letter names patch n of the thread.
func (t *thread) letter(n int) cache.Letter {
	tag := mbox.ParseSubject(t.mail.Subject)
	root := t.mail.MessageID
	if t.mail.InReplyTo != "" {
		root = t.mail.InReplyTo
	}
	if len(t.mail.References) > 0 {
		root = t.mail.References[0]
	}
	return cache.Letter{Thread: root, Version: tag.Version, N: n, Total: tag.Total}
}

// keep keeps a patch that has a thread and a number. That it cannot be kept is
// noticed by those behind it, which say that it is not at hand.
func (t *thread) keep() {
	l := t.letter(mbox.ParseSubject(t.mail.Subject).N)
	if t.store != nil && t.patch != nil && l.Thread != "" && l.N > 0 {
		_ = t.store.KeepMail(l, t.text)
	}
}

// recall returns patch n, nil if it is not at hand.
func (t *thread) recall(n int) *mbox.Mail {
	l := t.letter(n)
	if t.patch != nil && n == mbox.ParseSubject(t.mail.Subject).N {
		return t.mail
	}
	if t.store == nil || l.Thread == "" {
		return nil
	}
	list, err := mbox.ParseBytes(t.store.Mail(l), fmt.Sprintf("patch %d/%d", n, l.Total))
	if err != nil || len(list) != 1 {
		return nil
	}
	return list[0]
}

// before returns the patches before the mail's, none unless all are at hand.
func (t *thread) before() []*mbox.Mail {
	var list []*mbox.Mail
	for n := 1; n < mbox.ParseSubject(t.mail.Subject).N; n++ {
		m := t.recall(n)
		if m == nil {
			return nil
		}
		list = append(list, m)
	}
	return list
}

// all returns the patches of the whole series.
// Errors: *single.UnplacedError if one is not at hand.
func (t *thread) all() ([]*mbox.Mail, error) {
	tag := mbox.ParseSubject(t.mail.Subject)
	if tag.Total == 0 && t.patch != nil {
		return []*mbox.Mail{t.mail}, nil
	}
	var list []*mbox.Mail
	for n := 1; n <= tag.Total; n++ {
		m := t.recall(n)
		if m == nil {
			return nil, &single.UnplacedError{Reason: fmt.Sprintf("patch %d/%d is not at hand; check the patches of the series first, or take it for review, or give all of its mails to ptreview review", n, tag.Total)}
		}
		list = append(list, m)
	}
	if len(list) == 0 {
		return nil, &single.UnplacedError{Reason: "the cover letter does not say how many patches there are; give the mails to ptreview review"}
	}
	return list, nil
}
