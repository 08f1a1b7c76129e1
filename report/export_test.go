package report

// Cells is how many terminal cells a text takes.
func Cells(s string) int { return cells(s) }
