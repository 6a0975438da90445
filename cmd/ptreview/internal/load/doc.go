// Package load turns what a user names – mails, folders, a repository, a
// configuration – into a check.Request. It reads files and decides nothing
// about their content.
package load
