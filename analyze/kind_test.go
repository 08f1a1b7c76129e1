package analyze

import "testing"

// TestCommonFields holds that the list of common names hides none from the rules for names.
func TestCommonFields(t *testing.T) {
	table := stampTable()
	for key, known := range commonFields {
		if table.form(key) != nil || table.unread.matches(key) {
			t.Errorf("%s is a stamp", key)
		}
		if isResults(key) != (known.kind == kindResults) {
			t.Errorf("%s: holds results = %v, and its kind is %d", key, isResults(key), known.kind)
		}
	}
}
