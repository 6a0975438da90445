// Package near finds what a misspelt word was meant to be.
package near

import (
	"fmt"
	"path"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Hint returns `, did you mean "x"?` for the known word that is nearest to a
// word, the first of several, or "" if none is near: half of the letters, and
// no more than two, may be wrong. A word that begins or ends a known one, as
// missing-flush does tlb/missing-flush, is near too.
func Hint(word string, known []string) string {
	best, least := "", min(2, len(word)/2)+1
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}

// Instead says what to give instead of a word that is not known: the nearest
// known one, or all of them behind what they are called: "the rules are".
func Instead(word string, known []string, they string) string {
	if hint := Hint(word, known); hint != "" {
		return hint
	}
	return "; " + they + " " + strings.Join(known, ", ")
}

// maxWord bounds, in bytes, what is compared: the time grows with its square.
const maxWord = 64

func distance(word, known string) int {
	switch {
	case len(word) > maxWord:
		return len(word)
	case len(word) >= 3 && (strings.HasPrefix(known, word) || path.Base(known) == word):
		return 0
	}
	return levenshtein.ComputeDistance(word, known)
}
