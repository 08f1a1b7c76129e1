package analyze

import (
	"testing"
	"time"
)

// TestOrdinaryDate holds that both readers of dates agree, on each day of the years that count and
// on what differs in one byte from an ordinary date.
func TestOrdinaryDate(t *testing.T) {
	day := time.Date(firstYear, 1, 1, 7, 8, 9, 0, time.FixedZone("", -9000))
	for ; day.Year() <= lastYear; day = day.AddDate(0, 0, 1) {
		text := day.Format("Mon, 2 Jan 2006 15:04:05 -0700")
		if at, ok := ordinaryDate(text); !ok || at != day.UTC() {
			t.Fatalf("ordinaryDate(%q) = %v, %v", text, at, ok)
		}
	}
	for _, text := range []string{" Mon, 21 Sep 2026 03:00:08 -0700 (PDT)",
		"Tue, 1 Feb 2000 23:59:59 +0530", "Sun, 29 Feb 1900 00:00:00 +9999",
		"Mon, 1 Jun 2026 10:00:00 GMT", " 21 Sep 2026 10:00:00 -0000", "1 Jun 2026 10:00:00 GMT"} {
		for i := range text {
			for c := range 256 {
				changed := text[:i] + string([]byte{byte(c)}) + text[i+1:]
				agree(t, changed)
			}
			agree(t, text[:i]+text[i+1:])
		}
	}
}

func agree(t *testing.T, text string) {
	t.Helper()
	at, ok := ordinaryDate(text)
	if !ok {
		return
	}
	want, rest, zoned, ok := readAnyDate(text)
	if !ok || !zoned || rest != "" || at != want {
		t.Errorf("ordinaryDate(%q) = %v, readAnyDate = %v, %q, %v, %v", text, at, want, rest, zoned, ok)
	}
}
