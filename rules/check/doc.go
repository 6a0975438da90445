// Package check is the engine that runs rules over a series: it reads the
// prefixes, finds what changed, chooses the classes and machines worth
// reading, hands every rule its facts, and merges what the rules say into one
// Report. It knows nothing of any particular rule, prints nothing and reads
// neither clock nor environment.
package check
