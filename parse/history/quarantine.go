package history

import (
	"path/filepath"
	"strconv"
	"strings"
)

// Options say where else objects of a repository lie.
type Options struct {
	// Objects is a folder of objects that are in no repository yet: git keeps
	// what is pushed in a quarantine until the pre-receive hook has let it in.
	Objects string
	// Alternates are further folders of objects.
	Alternates []string
}

// Quarantine returns the options that git's environment asks for in a
// pre-receive or update hook. Other processes have none of its variables, and
// the result is the zero value. getenv is os.Getenv.
// Source: Documentation/git.txt, GIT_OBJECT_DIRECTORY and
// GIT_ALTERNATE_OBJECT_DIRECTORIES; Documentation/git-receive-pack.txt,
// "quarantine environment", git 2.39.
func Quarantine(getenv func(name string) string) Options {
	o := Options{Objects: getenv("GIT_OBJECT_DIRECTORY")}
	if o.Objects == "" {
		o.Objects = getenv("GIT_QUARANTINE_PATH")
	}
	o.Alternates = splitAlternates(getenv("GIT_ALTERNATE_OBJECT_DIRECTORIES"))
	return o
}

// splitAlternates splits a list of folders; one with a separator in it is in
// double quotes, escaped as in C.
func splitAlternates(list string) []string {
	var folders []string
	for list != "" {
		var one string
		if quoted, err := strconv.QuotedPrefix(list); err == nil && list[0] == '"' {
			one, _ = strconv.Unquote(quoted)
			_, list, _ = strings.Cut(list[len(quoted):], string(filepath.ListSeparator))
		} else {
			one, list, _ = strings.Cut(list, string(filepath.ListSeparator))
		}
		if one != "" {
			folders = append(folders, one)
		}
	}
	return folders
}

// OpenWith is Open for a repository some of whose objects lie elsewhere.
// Folders that are not absolute are seen from the working folder of the
// process, as git's environment means them.
func OpenWith(dir string, o Options) (*Repo, error) {
	at, err := locate(dir)
	if err != nil {
		return nil, err
	}
	for _, folder := range append([]string{o.Objects}, o.Alternates...) {
		if folder == "" {
			continue
		}
		abs, err := filepath.Abs(folder)
		if err != nil {
			return nil, err
		}
		at.elsewhere = append(at.elsewhere, abs)
	}
	objects, err := openBackend(dir, at)
	if err != nil {
		return nil, err
	}
	return newRepo(dir, at, objects), nil
}

// objectVariables returns the environment in which git sees the objects that
// lie elsewhere.
func (l *layout) objectVariables() []string {
	if len(l.elsewhere) == 0 {
		return nil
	}
	quoted := make([]string, len(l.elsewhere))
	for i, folder := range l.elsewhere {
		quoted[i] = folder
		if strings.ContainsRune(folder, filepath.ListSeparator) || strings.HasPrefix(folder, `"`) {
			quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(folder) + `"`
		}
	}
	return []string{"GIT_ALTERNATE_OBJECT_DIRECTORIES=" + strings.Join(quoted, string(filepath.ListSeparator))}
}
