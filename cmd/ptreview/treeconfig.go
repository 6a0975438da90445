package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"ptreview/cmd/ptreview/internal/config"
	"ptreview/rules/check"
)

// configure lets the tree under review say how it wants to be reviewed, below
// the command line and the environment. It is the tree before the first patch
// that says so: a series cannot change how it is looked at itself. Whatever
// narrows the review, and is not on the command line, is told in a note.
func (c *reviewCmd) configure(req *check.Request) error {
	if c.levels == nil {
		return nil
	}
	var values []config.Value
	if !c.noTreeConfig && len(req.Prefixes) > 0 {
		var errs []error
		if values, errs = readTreeConfig(req.Prefixes[0].Tree); len(errs) > 0 {
			return errs[0]
		}
	}
	c.settings = c.levels.over(values)
	for _, s := range allSettings() {
		v := lookup(c.settings, s.Key)
		if v == nil || s.fromTree == nil {
			continue
		}
		if v.Level == config.Tree {
			s.fromTree(c, *v)
		}
		if slices.Contains([]string{"arch", "rule", "no-assume"}, s.Key) {
			req.Notes = append(req.Notes, fmt.Sprintf("%s is %s, as %s says", s.Key, v.Text(), v.Place))
		}
	}
	if !c.noTreeConfig && slices.ContainsFunc(req.Prefixes, changesConfig) {
		req.Notes = append(req.Notes, "the series changes "+treeConfig+"; what it says of reviews counts from then on, not for this one")
	}
	return nil
}

// over returns the values that hold once a tree has set some, without those of
// flags that the command line has.
func (l *levels) over(tree []config.Value) []config.Value {
	var list []config.Value
	for _, v := range slices.Concat(l.values, tree) {
		if !slices.Contains(l.given, v.Key) {
			list = append(list, v)
		}
	}
	slices.SortStableFunc(list, func(a, b config.Value) int { return int(a.Level) - int(b.Level) })
	return list
}

// lookup returns the first value of a setting, nil if there is none.
func lookup(values []config.Value, key string) *config.Value {
	i := slices.IndexFunc(values, func(v config.Value) bool { return v.Key == key })
	if i < 0 {
		return nil
	}
	return &values[i]
}

// readTreeConfig reads the configuration of a tree; none sets nothing.
func readTreeConfig(t fs.FS) ([]config.Value, []error) {
	data, err := fs.ReadFile(t, treeConfig)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, []error{fmt.Errorf("the configuration of the tree cannot be read: %w", err)}
	}
	return config.Read(treeConfig, data, config.Tree, plainSettings())
}

func changesConfig(p check.Prefix) bool {
	return slices.ContainsFunc(p.Changed, func(f check.ChangedFile) bool { return f.Path == treeConfig || f.Old == treeConfig })
}

// blame puts the place that set a setting before an error about its value.
func (c *reviewCmd) blame(key string, err error) error {
	if v := lookup(c.settings, key); v != nil && err != nil {
		return fmt.Errorf("%s: %s: %w", v.Place, key, err)
	}
	return err
}
