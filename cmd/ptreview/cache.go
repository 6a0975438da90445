package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"ptreview/cmd/ptreview/internal/cache"
)

// cacheFlags say where reviews are kept.
type cacheFlags struct {
	Cache      string `name:"cache" help:"Folder in which reviews are kept, off for none (default: ptreview/reviews in the user's cache folder)." placeholder:"DIR"`
	CacheLimit int64  `name:"cache-limit" help:"How large it may grow, in MiB (default ${default})." default:"1024" placeholder:"MIB"`
}

// noCache is the folder that stands for none.
const noCache = "off"

// errNoCacheFolder says that the system has no place for a cache.
var errNoCacheFolder = errors.New("there is no folder for the cache: neither HOME nor XDG_CACHE_HOME is set; name one with --cache DIR")

// folder returns the folder of the cache, "" for none.
func (f *cacheFlags) folder() (string, error) {
	switch f.Cache {
	case noCache:
		return "", nil
	case "":
	default:
		return f.Cache, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", errNoCacheFolder
	}
	return filepath.Join(dir, "ptreview", "reviews"), nil
}

func (f *cacheFlags) open() (*cache.Store, error) {
	dir, err := f.folder()
	if dir == "" || err != nil {
		return nil, err
	}
	if f.CacheLimit < 0 {
		return nil, fmt.Errorf("--cache-limit=%d: a cache cannot be smaller than nothing", f.CacheLimit)
	}
	return cache.Open(dir, f.CacheLimit<<20)
}

// reviewer returns what makes reviews. A cache that cannot be used is told of
// on stderr, except that there is no place for one when none was asked for.
func (f *cacheFlags) reviewer(s streams) *cache.Reviewer {
	store, err := f.open()
	if err != nil && !errors.Is(err, errNoCacheFolder) {
		warnCache(s, err)
	}
	return cache.NewReviewer(store)
}

func warnCache(s streams, err error) {
	fmt.Fprintf(s.err, "ptreview: the review is not kept: %v\n", err)
}

type cacheCmd struct {
	Show  cacheShowCmd  `cmd:"" default:"withargs" help:"Print where the cache is and how large (default)."`
	Clear cacheClearCmd `cmd:"" help:"Remove all kept reviews."`
}

type cacheShowCmd struct{ cacheFlags }

// Help is shown by ptreview cache show --help.
func (*cacheShowCmd) Help() string {
	return `Examples:
  ptreview cache
  ptreview cache show --cache /var/cache/ptreview`
}

func (c *cacheShowCmd) Run(s streams) error {
	store, err := c.open()
	if err != nil {
		return err
	}
	if store == nil {
		_, err = fmt.Fprintln(s.out, "no reviews are kept")
		return err
	}
	u, err := store.Usage()
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "folder   %s\nentries  %d\nsize     %.1f MiB of %d MiB\n", store.Dir(), u.Entries, float64(u.Bytes)/(1<<20), c.CacheLimit)
	if !u.Oldest.IsZero() {
		fmt.Fprintf(s.out, "oldest   last used %s\n", u.Oldest.UTC().Format(time.DateTime))
	}
	return nil
}

type cacheClearCmd struct{ cacheFlags }

// Help is shown by ptreview cache clear --help.
func (*cacheClearCmd) Help() string {
	return `Removes what ptreview keeps in the folder of the cache, and nothing else there.

Examples:
  ptreview cache clear`
}

func (c *cacheClearCmd) Run(s streams) error {
	store, err := c.open()
	if errors.Is(err, cache.ErrUnsafe) {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			return fmt.Errorf("%s is left alone: %w", pe.Path, pe.Err)
		}
	}
	if store == nil || err != nil {
		return err
	}
	return store.Clear()
}
