package cache

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"time"

	"ptreview/parse/tree"
	"ptreview/semantics/names"
)

// names returns what the names of a tree can mean: from the store if a tree
// with the same headers was there before, else made now. It is nil where
// headers have no bound on what they can mean.
func (r *Reviewer) names(t tree.Tree) (*names.Index, error) {
	files, err := names.Files(t)
	if err != nil {
		return nil, err
	}
	if r.store == nil {
		return buildNames(t, files)
	}
	program, err := r.identity()
	if err != nil {
		return nil, err
	}
	ids, err := identities(t, files)
	if err != nil {
		return nil, err
	}
	key := nameOf(program, strings.Join(files, "\n"), strings.Join(ids, "\n"))
	if data := r.store.get(meanings, key); data != nil {
		if x, err := names.Unmarshal(data); err == nil {
			r.store.touch(meanings, key)
			return x, nil
		}
	}
	x, err := buildNames(t, files)
	if err != nil || x == nil {
		return x, err
	}
	data, err := x.MarshalBinary()
	if err == nil {
		err = r.store.put(meanings, key, data)
	}
	if err == nil {
		err = r.store.trim(time.Now())
	}
	r.keep(err)
	return x, nil
}

// identities returns the identity of each file, asked for by all processors.
func identities(t tree.Tree, files []string) ([]string, error) {
	parts := runtime.NumCPU()
	ids, errs := make([]string, len(files)), make([]error, parts)
	var workers sync.WaitGroup
	for part := range parts {
		workers.Go(func() {
			for i := len(files) * part / parts; i < len(files)*(part+1)/parts && errs[part] == nil; i++ {
				ids[i], errs[part] = tree.Identify(t, files[i])
			}
		})
	}
	workers.Wait()
	return ids, errors.Join(errs...)
}

func buildNames(t tree.Tree, files []string) (*names.Index, error) {
	x, err := names.Build(t, files)
	if names.IsUnbounded(err) {
		return nil, nil
	}
	return x, err
}
