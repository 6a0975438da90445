// Package forward runs the statements of a function in order, with what a client
// knows at each point: a data-flow analysis over the syntax tree. Where paths
// meet, the client joins what it knows; conditions it may learn from. Loops are
// run until nothing new comes of them as far as gen/kill analyses need it.
//
// It follows all paths that the text has: that two conditions depend on each
// other it does not see. Functions called are the client's matter. Computed gotos
// and gotos by assembly are not followed.
package forward
