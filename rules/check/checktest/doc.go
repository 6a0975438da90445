// Package checktest runs rules on small kernel trees and compares what they
// find with marks in the code.
//
// A test case is a txtar archive. Its files under before/ are the tree before
// the series, those under after/ replace them; a series of several patches has
// after1/, after2/ and so on. A file that the archive leaves empty is deleted.
// What is expected stands on the line that a finding points to:
//
//	same = pmd_same(a, *pmd); /* want "error .* hash__pmd_same" */
//
// The mark is taken off before anything is read. Its strings are regular
// expressions, one for each finding on the line, matched against the line that
// Describe makes. "want removed" in the version before a patch marks a line
// that the patch removes. Findings without a mark and marks without a finding
// fail the test.
//
// The archive's comment says what the case shows. Lines of the form "key:
// value" in it set: base (demo: the tree of testdata/demo lies below before/),
// arch (names of the architectures to look at; all of the tree by default),
// renamed (an old and a new path: a deleted file and a new one are one), class
// (a class that must have been looked at; once for each).
// Files below fix/ are what repairs the last version; Repair checks that they do.
//
// The section "notrun" lists what the review must say it could not judge, one
// "architecture: regular expression" a line; anything else it says so fails the
// test, so that no case passes because nothing was judged.
//
// The package knows nothing of mails: patches are the differences between the
// trees.
package checktest
