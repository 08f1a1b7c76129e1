package config

import (
	"fmt"
	"path/filepath"
	"strings"

	"seedtest"
)

// maxFiles bounds the files of one message, in octets: they are kept with every run's facts, so that
// a further try sends the same bytes.
const maxFiles = 1 << 20

// fileTypes are the media types of attachments by the end of their names, those of the registry of
// IANA. What is not here goes as application/octet-stream.
func fileTypes() map[string]string {
	return map[string]string{
		".pdf": "application/pdf", ".txt": "text/plain", ".csv": "text/csv", ".ics": "text/calendar",
		".html": "text/html", ".htm": "text/html", ".xml": "application/xml",
		".json": "application/json", ".rtf": "application/rtf", ".zip": "application/zip",
		".gz": "application/gzip", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg",
		".gif": "image/gif", ".webp": "image/webp", ".svg": "image/svg+xml",
		".doc": "application/msword", ".xls": "application/vnd.ms-excel",
		".ppt":  "application/vnd.ms-powerpoint",
		".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
		".odt":  "application/vnd.oasis.opendocument.text",
		".ods":  "application/vnd.oasis.opendocument.spreadsheet",
		".mp3":  "audio/mpeg", ".mp4": "video/mp4",
	}
}

// attachments reads the files that go with a message.
func (t *table) attachments() []seedtest.Attachment {
	const example = `attachments = ["invoice.pdf"]`
	var all []seedtest.Attachment
	total := 0
	for _, n := range t.list("attachments", kindString, example) {
		data, ok := t.r.wholeFile(n)
		if !ok {
			continue
		}
		name := filepath.Base(n.text)
		kind := fileTypes()[strings.ToLower(filepath.Ext(name))]
		if kind == "" {
			kind = "application/octet-stream"
		}
		if total += len(data); total > maxFiles {
			t.r.fail(n, fmt.Sprintf("the files have more than %d octets together", maxFiles),
				"every run keeps them: choose smaller ones")
			return nil
		}
		all = append(all, seedtest.Attachment{Name: name, Type: kind, Data: data})
	}
	return all
}

// template reads a whole message.
func (t *table) template() []byte {
	n := t.typed("file", kindString, `file = "real-invoice.eml"`)
	if n == nil {
		return nil
	}
	data, ok := t.r.wholeFile(n)
	if ok && len(data) == 0 {
		t.r.fail(n, "the file is empty", "save a whole message there, in its source form (.eml)")
	}
	return data
}

// wholeFile reads a file that a message brings.
func (r *reader) wholeFile(n *node) ([]byte, bool) {
	data, _, err := r.env.read(r.path(n.text), maxFiles)
	if err != nil || n.text == "" {
		problem := "names no file"
		if err != nil {
			problem = err.Error()
		}
		r.fail(n, problem, fmt.Sprintf("name a file of at most %d octets; relative paths start "+
			"beside this file", maxFiles))
		return nil, false
	}
	return data, true
}
