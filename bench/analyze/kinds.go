package main

import (
	"bufio"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// kinds are messages in the shape of those that real servers write, made for this measurement.
// {{id}} and {{b64}} stand where every message has letters of its own.
//
//go:embed kinds/*.eml
var kinds embed.FS

// write writes n messages of all kinds by turns.
func write(path string, n int) error {
	names, err := fs.Glob(kinds, "kinds/*.eml")
	if err != nil {
		return err
	}
	texts := make([]string, len(names))
	for i, name := range names {
		data, err := kinds.ReadFile(name)
		if err != nil {
			return err
		}
		texts[i] = string(data)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	for i := range n {
		if _, err := w.WriteString("From bench@example.org Mon Sep 21 10:00:00 2026\n"); err != nil {
			break
		}
		_, _ = w.WriteString(fill(texts[i%len(texts)], i) + "\n")
	}
	return errors.Join(w.Flush(), f.Close())
}

// fill gives a message letters of its own.
func fill(text string, i int) string {
	id := sha256.Sum256([]byte(strconv.Itoa(i)))
	parts := strings.Split(text, "{{b64}}")
	var b strings.Builder
	for j, part := range parts {
		if j > 0 {
			sum := sha256.Sum256([]byte(strconv.Itoa(i) + " " + strconv.Itoa(j)))
			b.WriteString(base64.StdEncoding.EncodeToString(sum[:])[:32])
		}
		b.WriteString(part)
	}
	return strings.ReplaceAll(b.String(), "{{id}}", strings.ToUpper(hex.EncodeToString(id[:5])))
}
