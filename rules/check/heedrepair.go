package check

import (
	"context"
	"io/fs"
	"slices"
)

// findSiteRepairs looks for the later patch after which each site is right.
func (s *callerSearch) findSiteRepairs(ctx context.Context) error {
	if s.k == len(s.Prefixes)-1 {
		return nil
	}
	var groups [][]*heedSite // by class
	for _, x := range s.sites {
		i := slices.IndexFunc(groups, func(g []*heedSite) bool { return g[0].in == x.in })
		if i < 0 {
			groups = append(groups, nil)
			i = len(groups) - 1
		}
		groups[i] = append(groups[i], x)
	}
	return inParallel(ctx, max(1, s.Jobs), groups, func(g []*heedSite) error { return s.repairsIn(ctx, g) })
}

// repairsIn looks for the repairs of the sites of one class.
func (s *callerSearch) repairsIn(ctx context.Context, sites []*heedSite) error {
	f := newClassFollower(sites[0].walk, sites[0].in)
	defer f.close()
	for _, x := range sites {
		f.shed()
		by, err := f.repairOf(ctx, x)
		if err != nil {
			return err
		}
		if by > 0 {
			x.RepairedByPatch = &by
		}
	}
	return nil
}

// repairOf returns the patch from which on a site is right to the end of the
// series, 0 if it is not. What changes the site's file is asked before others.
func (f *classFollower) repairOf(ctx context.Context, x *heedSite) (int, error) {
	last := len(f.search.Prefixes) - 1
	open, err := f.isOpen(ctx, x, last)
	if open || err != nil {
		return 0, err
	}
	from, to := f.search.k, last // it is open at from, and no more at to
	for _, k := range slices.Backward(f.search.touching(x)) {
		if open, err = f.isOpen(ctx, x, k); err != nil {
			return 0, err
		}
		if open {
			from = k
			break
		}
		to = k
	}
	for k := to - 1; k > from; k-- {
		if len(f.search.changes[k+1]) == 0 {
			to = k // what changes no code repaired nothing
			continue
		}
		if open, err = f.isOpen(ctx, x, k); open || err != nil {
			break
		}
		to = k
	}
	return to, err
}

// touching returns the later patches, but for the last, that change the file of a
// site.
func (s *callerSearch) touching(x *heedSite) []int {
	var list []int
	for k := s.k + 1; k < len(s.Prefixes)-1; k++ {
		file := s.laterPath(x.path, k)
		if slices.ContainsFunc(s.Prefixes[k].Changed, func(c ChangedFile) bool { return c.Path == file || c.Old == file }) {
			list = append(list, k)
		}
	}
	return list
}

// isOpen reports whether a site is as it was in a later prefix. What cannot be
// judged is.
func (f *classFollower) isOpen(ctx context.Context, x *heedSite, k int) (bool, error) {
	flows := f.at(ctx, k)
	file := f.search.laterPath(x.unit, k)
	if flows == nil || !flows.prog.Compiles(file) {
		return true, nil
	}
	if _, err := fs.Stat(f.search.Prefixes[k].Tree, file); err != nil {
		return false, nil
	}
	u, err := flows.prog.Read(ctx, file)
	if err != nil {
		return true, ctx.Err()
	}
	o := u.Types.Lookup(x.Function)
	if o == nil || o.Def == nil {
		return false, nil
	}
	after, err := flows.Run(u, o.Def)
	if err != nil {
		return true, err
	}
	fault, notRun, err := judgeHeeding(x.rule, f.heeding(ctx, x.unit, x.Function, after, x.gained))
	return fault != nil || notRun != "", err
}

// laterPath returns the path that a file of the patch has in a later prefix.
func (s *callerSearch) laterPath(file string, k int) string {
	for at := s.k + 1; at <= k; at++ {
		for _, c := range s.Prefixes[at].Changed {
			if c.Old == file && c.Path != "" {
				file = c.Path
				break
			}
		}
	}
	return file
}
