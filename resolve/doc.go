// Package resolve asks DNS, and keeps apart what an answer can be: records, no such name, no such
// record, or a failure that says nothing.
package resolve
