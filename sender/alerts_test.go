package sender

import "testing"

// TestAlerts: what is known of alerts is whole, and none is hidden by another.
func TestAlerts(t *testing.T) {
	met := map[[2]string]bool{}
	for _, a := range alerts() {
		key := [2]string{a.Text, a.Shown}
		if a.Text == "" || a.What == "" || a.Source == "" || met[key] || met[[2]string{a.Text, ""}] ||
			a.Shown != "" && a.Shown != "yes" && a.Shown != "asked" && a.Shown != "no" ||
			a.Status != "documented" && a.Status != "observed" && a.Status != "guess" {
			t.Errorf("alert %+v", a)
		}
		met[key] = true
	}
	if len(met) < 10 {
		t.Errorf("%d alerts", len(met))
	}
}
