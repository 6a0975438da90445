package mbox

import (
	"bytes"
	"mime"
	"strings"

	"github.com/emersion/go-message"
)

// Bounds on the MIME structure of a mail.
const (
	maxDepth = 16
	maxParts = 1000
)

// partWalk collects the text of a mail's parts, and the mails among them.
type partWalk struct {
	mail     *Mail
	parts    int
	text     []line
	attached [][]line
}

// part adds one part, whose header is h and whose content is lines.
func (w *partWalk) part(h Header, lines []line, depth int) {
	entity := entityHeader(h)
	mediaType, params := contentType(entity)
	switch {
	case strings.HasPrefix(mediaType, "multipart/"):
		w.multipart(mediaType, params["boundary"], lines, depth)
	case mediaType == "message/rfc822":
		if decoded, ok := w.decode(entity, lines); ok {
			w.attached = append(w.attached, decoded)
		}
	case holdsText(mediaType, fileName(entity, params)):
		w.leaf(entity, mediaType, params, lines)
	default:
		w.mail.note(lineOf(lines), "part of type %s is skipped", mediaType)
	}
}

func (w *partWalk) multipart(mediaType, boundary string, lines []line, depth int) {
	if boundary == "" {
		w.mail.note(lineOf(lines), "%s without a boundary is read as text", mediaType)
		w.text = append(w.text, lines...)
		return
	}
	if depth == maxDepth {
		w.mail.fail(lineOf(lines), "MIME parts are nested more than %d deep", maxDepth)
		return
	}
	parts, closed := splitParts(lines, boundary)
	if !closed {
		w.mail.note(lineOf(lines), "the last MIME boundary is missing: the mail may be cut short")
	}
	if w.parts += len(parts); w.parts > maxParts {
		w.mail.fail(lineOf(lines), "more than %d MIME parts", maxParts)
		return
	}
	if mediaType == "multipart/alternative" {
		parts = plainest(parts)
	}
	for _, p := range parts {
		w.part(p.header, p.lines, depth+1)
	}
}

// leaf adds the decoded text of a part, or keeps it aside if it is a mail of
// its own, as format-patch wrote it.
func (w *partWalk) leaf(entity message.Header, mediaType string, params map[string]string, lines []line) {
	decoded, ok := w.decode(entity, lines)
	if !ok {
		return
	}
	if strings.EqualFold(params["format"], "flowed") {
		decoded = unflow(decoded, strings.EqualFold(params["delsp"], "yes"))
	}
	if at := firstText(decoded); at < len(decoded) && isFromLine(decoded[at].text) {
		w.attached = append(w.attached, decoded[at:])
		return
	}
	if w.mail.Charset == "" && strings.HasPrefix(mediaType, "text/") {
		w.mail.Charset = params["charset"]
	}
	w.text = append(w.text, decoded...)
}

func (w *partWalk) decode(entity message.Header, lines []line) ([]line, bool) {
	decoded, err := decodeTransfer(entity.Get("Content-Transfer-Encoding"), lines)
	if err != nil {
		w.mail.fail(lineOf(lines), "%v", err)
		return nil, false
	}
	return decoded, true
}

func lineOf(lines []line) int {
	if len(lines) == 0 {
		return 0
	}
	return lines[0].n
}

// mimePart is one part of a multipart.
type mimePart struct {
	header Header
	lines  []line
}

// splitParts cuts lines at the boundary; closed says that the end was marked.
// It is done here and not by go-message so that every line keeps its number,
// and so that a mail cut short still has its text.
func splitParts(lines []line, boundary string) (parts []mimePart, closed bool) {
	delimiter := []byte("--" + boundary)
	begin := -1
	finish := func(end int) {
		if begin >= 0 {
			header, bodyAt := readHeader(lines[begin:end])
			parts = append(parts, mimePart{header, lines[begin:end][bodyAt:]})
		}
	}
	for i, l := range lines {
		rest, ok := bytes.CutPrefix(l.text, delimiter)
		if !ok {
			continue
		}
		rest = bytes.TrimSpace(rest)
		switch {
		case len(rest) == 0:
			finish(i)
			begin = i + 1
		case string(rest) == "--":
			finish(i)
			return parts, true
		}
	}
	finish(len(lines))
	return parts, false
}

// plainest picks the one of several alternatives that shows a patch as it is.
func plainest(parts []mimePart) []mimePart {
	for _, kind := range []string{"text/plain", "multipart/"} {
		for i, p := range parts {
			if mediaType, _ := contentType(entityHeader(p.header)); strings.HasPrefix(mediaType, kind) {
				return parts[i : i+1]
			}
		}
	}
	return parts
}

// entityHeader hands go-message the fields that describe a part. Only these:
// it refuses whole mails for fields that nobody needs.
func entityHeader(h Header) message.Header {
	var entity message.Header
	for _, name := range []string{"Content-Type", "Content-Transfer-Encoding", "Content-Disposition"} {
		if value := h.Raw(name); value != "" {
			entity.Set(name, value)
		}
	}
	return entity
}

// contentType returns the media type of a part; a header that cannot be read
// in full still gives its type and boundary.
func contentType(entity message.Header) (string, map[string]string) {
	mediaType, params, err := entity.ContentType()
	if err == nil && mediaType != "" {
		return strings.ToLower(mediaType), params
	}
	value := entity.Get("Content-Type")
	mediaType, rest, _ := strings.Cut(value, ";")
	mediaType = strings.ToLower(strings.TrimSpace(mediaType))
	if !strings.Contains(mediaType, "/") {
		mediaType = "text/plain"
	}
	params = make(map[string]string)
	for _, p := range strings.Split(rest, ";") {
		if name, v, ok := strings.Cut(p, "="); ok {
			params[strings.ToLower(strings.TrimSpace(name))] = strings.Trim(strings.TrimSpace(v), `"`)
		}
	}
	return mediaType, params
}

func fileName(entity message.Header, params map[string]string) string {
	name := params["name"]
	if _, disposition, err := entity.ContentDisposition(); err == nil && disposition["filename"] != "" {
		name = disposition["filename"]
	}
	if decoded, err := new(mime.WordDecoder).DecodeHeader(name); err == nil {
		name = decoded
	}
	return strings.ToLower(name)
}

// holdsText reports whether a patch can stand in a part of this type.
func holdsText(mediaType, file string) bool {
	switch mediaType {
	case "text/html", "text/rtf", "text/richtext", "text/enriched", "text/calendar", "text/vcard", "text/x-vcard":
		return false
	case "application/x-patch", "application/x-diff", "application/x-git-patch", "application/mbox":
		return true
	}
	if strings.HasPrefix(mediaType, "text/") {
		return true
	}
	for _, suffix := range []string{".patch", ".diff", ".mbox", ".eml"} {
		if strings.HasSuffix(file, suffix) {
			return true
		}
	}
	return false
}
