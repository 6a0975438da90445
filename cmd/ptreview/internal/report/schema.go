package report

import _ "embed" // the schema is a file of its own

//go:embed review.schema.json
var schema []byte

// Schema returns the JSON Schema of ptreview.review/v1, which the face json
// writes. It is a file, not made from the types: a field that is renamed must
// not change by itself what others read.
func Schema() []byte { return append([]byte(nil), schema...) }
