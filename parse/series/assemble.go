package series

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ptreview/parse/mbox"
	"ptreview/parse/patch"
)

// letter is a mail with what its subject and text make of it.
type letter struct {
	mail  *mbox.Mail
	tag   mbox.Tag
	kind  patch.Kind
	index int // in its input
	diff  *patch.Patch
	err   error // why there is no diff
}

func readLetters(mails []*mbox.Mail) []*letter {
	letters := make([]*letter, 0, len(mails))
	for i, m := range unique(mails) {
		l := &letter{mail: m, tag: mbox.ParseSubject(m.Subject), index: i}
		if l.diff, l.err = patch.FromMail(m); l.err == nil {
			l.kind = l.diff.Kind
		} else {
			l.kind = patch.KindOfBroken(m)
		}
		letters = append(letters, l)
	}
	return letters
}

// unique drops the copies of a mail that came by way of several lists.
func unique(mails []*mbox.Mail) []*mbox.Mail {
	seen := make(map[string]bool)
	var kept []*mbox.Mail
	for _, m := range mails {
		if m.MessageID == "" || !seen[m.MessageID] {
			kept = append(kept, m)
		}
		seen[m.MessageID] = true
	}
	return kept
}

// isPatch reports whether the mail counts as a patch of a series: one with a
// diff that is no reply, or one whose n/m promises a diff.
func (l *letter) isPatch() bool {
	return l.kind == patch.Diff || l.kind == patch.Plain && l.tag.Patch && l.tag.Total > 0 && l.tag.N > 0
}

// Assemble finds the series among the mails of one input, in the order of
// their first mails: of every thread the newest version, whole or not. Patches
// without n/m that do not answer each other are together one series, in their
// order. Notes name what was left out.
// Errors: those of patch.FromMail, for mails that a series needs.
func Assemble(mails []*mbox.Mail) ([]*Series, []Note, error) {
	selections, rest := assemble(mails)
	var all []*Series
	for _, sel := range selections {
		if len(sel.patches) == 0 {
			rest.note(sel.coverLetter(), "cover letter without patches")
			continue
		}
		s, err := sel.series()
		if err != nil {
			return nil, rest.notes, err
		}
		all = append(all, s)
	}
	return all, rest.notes, nil
}

func (s *selection) coverLetter() *letter { return &letter{mail: s.cover} }

// choose picks the mails of one input that belong to the series.
func choose(in Input, opts Options) (*selection, error) {
	selections, rest := assemble(in.Mails)
	var names []string
	for _, sel := range selections {
		names = append(names, sel.name())
	}
	if len(selections) > 1 && opts.MessageID != "" {
		selections = slices.DeleteFunc(selections, func(s *selection) bool { return !s.has(opts.MessageID) })
	}
	switch {
	case len(selections) == 1:
		sel := selections[0]
		sel.notes = append(rest.notes, sel.notes...)
		sel.skipped = rest.skipped
		return sel, nil
	case len(names) == 0:
		return onlyReply(rest), nil
	case len(selections) == 0:
		return nil, &Error{File: in.Name, Reason: fmt.Sprintf("no series in it has the mail <%s>: %s", opts.MessageID, strings.Join(names, "; "))}
	}
	return nil, &Error{File: in.Name, Reason: fmt.Sprintf("holds %d series, choose one by its Message-ID: %s", len(names), strings.Join(names, "; "))}
}

// onlyReply takes the diff in a reply where there is no other patch.
func onlyReply(rest *selection) *selection {
	var replies []*letter
	for _, l := range rest.skipped {
		if l.kind == patch.ReplyDiff {
			replies = append(replies, l)
		}
	}
	if len(replies) != 1 {
		return rest
	}
	reply := *replies[0]
	// The numbers in its subject are those of the patch it answers.
	reply.tag.N, reply.tag.Total, reply.tag.Version = 0, 0, 1
	return &selection{patches: []*letter{&reply}}
}

func (s *selection) letters() []*letter {
	if s.cover == nil {
		return s.patches
	}
	return append([]*letter{s.coverLetter()}, s.patches...)
}

func (s *selection) has(id string) bool {
	return slices.ContainsFunc(s.letters(), func(l *letter) bool { return l.mail.MessageID == id })
}

func (s *selection) name() string {
	first := s.letters()[0].mail
	return fmt.Sprintf("%q <%s>", first.Subject, first.MessageID)
}

// bucket is the patches and the cover of one version of a series.
type bucket struct {
	bucketKey
	letters []*letter
}

type bucketKey struct {
	thread  int // the same for all versions of a series
	version int
	total   int // 0 for patches without n/m
}

// assemble sorts the mails into series; rest holds the notes and the mails
// that are in none.
func assemble(mails []*mbox.Mail) (selections []*selection, rest *selection) {
	rest = &selection{}
	letters := readLetters(mails)
	threads := threadsOf(letters)
	var buckets []*bucket
	byKey := make(map[bucketKey]*bucket)
	for i, l := range letters {
		if !l.isPatch() && l.kind != patch.Cover {
			rest.skipped = append(rest.skipped, l)
			continue
		}
		key := bucketKey{threads[i], l.tag.Version, l.tag.Total}
		if byKey[key] == nil {
			byKey[key] = &bucket{bucketKey: key}
			buckets = append(buckets, byKey[key])
		}
		byKey[key].letters = append(byKey[key].letters, l)
	}
	for _, b := range newest(joinUnnumbered(buckets), rest) {
		selections = append(selections, b.selection())
	}
	if len(selections) > 0 {
		for _, l := range rest.skipped {
			if l.kind == patch.ReplyDiff {
				rest.note(l, "the diff in this reply is not part of the series")
			}
		}
	}
	return selections, rest
}

// joinUnnumbered makes one bucket of all patches without n/m, unless they are
// versions of each other; a single [PATCH] beside a numbered series, like a
// fix sent into its thread, stays apart.
func joinUnnumbered(buckets []*bucket) []*bucket {
	if slices.ContainsFunc(buckets, func(b *bucket) bool { return b.total > 0 }) {
		return buckets
	}
	newestOf := newest(buckets, nil)
	if len(newestOf) < 2 {
		return buckets
	}
	joined := &bucket{bucketKey: bucketKey{version: 1}}
	for _, b := range newestOf {
		joined.letters = append(joined.letters, b.letters...)
	}
	slices.SortFunc(joined.letters, func(a, b *letter) int { return cmp.Compare(a.index, b.index) })
	return []*bucket{joined}
}

// newest keeps of every thread the highest version. Within it a numbered
// series wins over single patches sent into its thread. What is left out is
// noted in rest, which may be nil.
func newest(buckets []*bucket, rest *selection) []*bucket {
	best := make(map[int]*bucket)
	for _, b := range buckets {
		if old := best[b.thread]; old == nil || b.newer(old) {
			best[b.thread] = b
		}
	}
	var kept []*bucket
	for _, b := range buckets {
		switch {
		case best[b.thread] == b:
			kept = append(kept, b)
		case rest == nil:
		case b.version < best[b.thread].version:
			rest.note(b.letters[0], "version %d is left out: version %d of the series is here", b.version, best[b.thread].version)
		default:
			rest.note(b.letters[0], "%q is left out: it was sent into the thread of another series", b.letters[0].mail.Subject)
		}
	}
	return kept
}

func (b *bucket) newer(old *bucket) bool {
	if (b.total > 0) != (old.total > 0) {
		// A lone [PATCH v3] that answers v2 3/7 replaces one patch, not the series.
		return b.total > 0
	}
	if b.version != old.version {
		return b.version > old.version
	}
	return b.letters[0].mail.Date.After(old.letters[0].mail.Date)
}

// selection orders the letters of a bucket by n.
func (b *bucket) selection() *selection {
	s := &selection{}
	byNumber := make(map[int][]*letter)
	for _, l := range b.letters {
		switch {
		case l.kind == patch.Cover || l.tag.IsCover():
			if s.cover != nil {
				s.note(l, "second cover letter is left out")
				continue
			}
			s.cover = l.mail
		case b.total == 0:
			s.patches = append(s.patches, l)
		default:
			byNumber[l.tag.N] = append(byNumber[l.tag.N], l)
		}
	}
	for n := 1; n <= b.total; n++ {
		s.patches = append(s.patches, s.pick(byNumber[n])...)
	}
	return s
}

// pick settles several mails with one number: a replacement replaces what came
// before it, of a patch sent twice the later counts, and a fix goes on top.
func (s *selection) pick(same []*letter) []*letter {
	if len(same) < 2 {
		return same
	}
	slices.SortStableFunc(same, func(a, b *letter) int { return a.mail.Date.Compare(b.mail.Date) })
	var patches, fixes []*letter
	for _, l := range same {
		switch {
		case l.tag.Has("replacement") || l.tag.Has("replace"):
			s.leaveOut(append(patches, fixes...), l)
			patches, fixes = []*letter{l}, nil
		case l.tag.Has("fix") || l.tag.Has("fixup"):
			fixes = append(fixes, l)
		default:
			s.leaveOut(patches, l)
			patches = []*letter{l}
		}
	}
	return append(patches, fixes...)
}

func (s *selection) leaveOut(old []*letter, by *letter) {
	for _, l := range old {
		s.note(l, "%q is left out: %q was sent later", l.mail.Subject, by.mail.Subject)
	}
}
