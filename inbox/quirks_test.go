package inbox

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"seedtest/provider"
)

// answerTo says how a quirk is met: by code that tests hold, by a hint for a person, or not here.
type answerTo struct {
	tests []string // functions, "dir: TestName" where they are not of this package
	why   string   // there is nothing to be done here
}

func by(tests ...string) answerTo { return answerTo{tests: tests} }

// answers has every quirk of the data that a test or a reason answers. The others have a hint.
var answers = map[string]answerTo{
	"caps-after-login":                 by("TestInspectSaysWhatItSaw", "TestQuirkCapabilitiesAfterLogin"),
	"rev2-claimed-not-complete":        by("TestQuirkRev2ClaimedFalsely"),
	"esearch-empty":                    by("TestQuirkNothingIsSearchedFor"),
	"esearch-count-only":               by("TestQuirkNothingIsSearchedFor"),
	"search-return-rejected":           by("TestQuirkNothingIsSearchedFor"),
	"search-header-unreliable":         by("TestQuirkNothingIsSearchedFor"),
	"search-exact-message-id":          by("TestQuirkNothingIsSearchedFor"),
	"search-dates-unreliable":          by("TestQuirkNothingIsSearchedFor"),
	"search-charset-ascii":             by("TestQuirkNothingIsSearchedFor"),
	"search-slow":                      by("TestQuirkNothingIsSearchedFor"),
	"header-cache":                     by("TestQuirkNothingIsSearchedFor"),
	"qresync-enable-silent":            by("TestQuirkNothingIsSearchedFor"),
	"list-return-special-use-rejected": by("TestQuirkReturnOptionsByName"),
	"list-flag-without-capability":     by("TestQuirkReturnOptionsByName"),
	"xlist-only":                       by("TestJunkByXLIST"),
	"no-special-use":                   by("TestRolesInManyLanguages"),
	"several-junk":                     by("TestRolesTakeSeveralJunk", "TestQuirkSeveralJunk"),
	"id-before-select":                 by("TestQuirkIDBeforeSelect"),
	"no-idle":                          by("TestQuirkIDLEThatDoesNotPush"),
	"idle-unreliable":                  by("TestQuirkIDLEThatDoesNotPush"),
	"short-idle":                       by("TestQuirkShortIDLE"),
	"uidnext-unreliable":               by("TestWatchDoesWithoutUIDNEXT"),
	"message-limit":                    by("TestQuirkMessageLimit"),
	"uid-only-reliable":                by("TestQuirkSequenceNumbersThatLie"),
	"inbox-case":                       by("TestQuirkInboxCase"),
	"session-token-lifetime":           by("TestQuirkSessionEndsWithItsToken"),
	"categories-hidden":                by("TestGmailCategories", "TestGmailCategoryThatComesLate"),
	"focused-hidden":                   by("TestQuirkFocusedHidden"),
	"categories-as-mailboxes":          by("TestQuirkCategoriesAsMailboxes"),
	"labels-not-mailboxes":             by("TestGmailLabelsAreOneMessage"),
	"all-mail-includes-spam":           by("TestQuirkAllMailIncludesSpam"),
	"localized-mailboxes":              by("TestRolesInManyLanguages"),
	"junk-name-varies":                 by("TestRolesInManyLanguages"),
	"dot-separator":                    by("TestRolesTakeTheSurestWay", "TestQuirkDotSeparator"),
	"rejects-mailbox":                  by("TestQuirkRejectsMailbox"),
	"quarantine-hides-mail":            by("TestQuirkQuarantine"),
	"junk-autodelete":                  by("TestQuirkJunkIsEmptied"),
	"throttle-backoff":                 by("TestThrottled", "TestQuirkThrottleBackoff"),
	"auth-ok-not-connected":            by("TestQuirkAuthenticatedButNotConnected"),
	"ten-errors":                       by("TestQuirkTenErrors"),
	"login-bursts":                     by("TestWatchDoesNotHammerARefusedLogin"),
	"ok-without-text":                  by("TestQuirkOKWithoutText"),
	"ar-no-authserv":                   by("../analyze: TestReadAuth", "../analyze: TestTrust"),
	"ar-split":                         by("../analyze: TestTrust"),
	"ar-below-from":                    by("../analyze: TestTrust", "../analyze: TestForgeries"),
	"dkim-none-omitted":                by("../analyze: TestCorpusAuth"),
	"stamps-below-sender-headers":      by("../analyze: TestForgedEnds", "../analyze: TestStamps"),
	"header-names-recased":             by("TestQuirkHeaderNamesRecased"),
	"mime-resynthesis":                 by("TestQuirkHeaderNamesRecased"),
	"spam-subject-tag":                 by("TestQuirkSubjectTag"),
	"sender-whitelisting":              by("../diagnose: TestReplyExamples"), // tonline.nowl
	"mailbox-limit":                    {why: "no mailbox is ever created"},
	"no-move":                          {why: "nothing is moved: a watch only reads"},
	"no-uidplus":                       {why: "a watch removes nothing; cleaning up checks UIDPLUS by its name"},
}

// TestQuirksAreAnswered demands that every quirk of the data has a test, a hint or a reason, and
// that the tests are there.
func TestQuirksAreAnswered(t *testing.T) {
	here := testsIn(t, ".")
	ids := map[string]bool{}
	for _, q := range provider.Quirks() {
		ids[q.ID] = true
		a, ok := answers[q.ID]
		if !ok && q.Hint == "" || ok && len(a.tests) == 0 && a.why == "" {
			t.Errorf("quirk %q has no test, no hint and no reason", q.ID)
		}
		for _, name := range a.tests {
			there, tests := name, here
			if dir, name, elsewhere := strings.Cut(name, ": "); elsewhere {
				there, tests = name, testsIn(t, dir)
			}
			if !slices.Contains(tests, there) {
				t.Errorf("quirk %q: there is no test %s", q.ID, name)
			}
		}
	}
	if len(ids) < 66 {
		t.Errorf("%d quirks, want the 66 of the first edition", len(ids))
	}
	for id := range answers {
		if !ids[id] {
			t.Errorf("there is no quirk %q", id)
		}
	}
}

// testsIn returns the names of the tests in a directory.
func testsIn(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s holds no tests (%v)", dir, err)
	}
	var names []string
	for _, file := range files {
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(code)) {
			if rest, ok := strings.CutPrefix(line, "func Test"); ok {
				name, _, _ := strings.Cut("Test"+rest, "(")
				names = append(names, name)
			}
		}
	}
	return names
}
