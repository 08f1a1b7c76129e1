package analyze

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"seedtest"
)

// worstSize is how large a head of strangers is; more than is read of it.
const worstSize = 50 << 20

// worstShapes are heads that cost more than any mail: what stands in front, and what follows it
// again and again.
var worstShapes = []struct{ name, front, part string }{
	{"100,000 hops", "", aHop},
	{"empty hops", "", "Received: x\n"},
	{"one hop of words", "Received: ", "from a by b with c id d for e "},
	{"one hop of addresses", "Received: ", "for <a@b>,"},
	{"one hop of semicolons", "Received: ", ";"},
	{"nested comments", "", "Received: from a " + nestedComments + " by b\n"},
	{"nested comments in results", "", "Authentication-Results: a; b=c " + nestedComments + "\n"},
	{"open parentheses", "Received: ", "("},
	{"open quotation marks", "Authentication-Results: ", `"(=`},
	{"one field of results", "Authentication-Results: ", "ab=c;"},
	{"one result of properties", "Authentication-Results: ", "a=b "},
	{"results", "", "Authentication-Results: ab=c;ab=c;ab=c;ab=c;ab=c;ab=c\n"},
	{"results without any", "", "Authentication-Results: x\n"},
	{"results of ARC", "", "ARC-Authentication-Results: i=x; a; b=c\n"},
	{"spf", "", "Received-SPF: pass a=b c=d e=f g=h i=j k=l m=n o=p\n"},
	{"signatures", "", "DKIM-Signature: a=;b=;c=;d=;e=;f=;g=;h=;i=;j=;k=\n"},
	{"seals", "", "ARC-Seal: i=1; a=b; cv=none; d=e\n"},
	{"one line", "X-Anything: ", "x"},
	{"nul", "Received: ", "\x00"},
	{"nul in results", "Authentication-Results: ", "\x00=\x00;"},
	{"8 bit", "", "R\xe9ceived: \xff\xfe\nReceived: \xff\xfe \xfd\nX-Spam-Flag: \xff\n"},
	{"bare CR", "", "Received: from a by b; x\rAuthentication-Results: a; b=c\r"},
	{"CR within a value", "A: 1\nReceived: ", "a\rb"},
	{"folds", "Received: ", "a\n "},
	{"lines that are no fields", "", "A: 1\nstray\n"},
	{"stamps", "", "X-Spam-Status: Yes, score=1 required=5 tests=A,B,C\n"},
	{"one stamp", "X-Spam-Status: ", "a=b "},
	{"one stamp of rspamd", "X-Spamd-Result: ", "A(1.00)[x];"},
	{"one stamp of Forefront", "X-Forefront-Antispam-Report: ", "SCL:1;"},
	{"fields that nobody knows", "", "X-My-Spam-Field: x\n"},
	{"encoded words", "Subject: ", "=?utf-8?q?a?= "},
	{"encoded subjects", "", "Subject: " + strings.Repeat("=?gbk?q?a?= ", maxDecoded/12) + "\n"},
	{"one date", "Date: ", "Mon, 21 Sep 2026 10:00:00 +0000 ("},
	{"the shortest fields", "", "a:\n"},
	{"no line ends", "", "a"},
	{"only line ends", "", "\r\n"},
}

const aHop = "Received: from a.example.org (a.example.org [192.0.2.1])\n" +
	"\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384) by mx.example.net (Postfix)\n" +
	"\twith ESMTPS id 4ABC for <anna@example.net>; Mon, 21 Sep 2026 10:00:00 +0000 (UTC)\n"

var nestedComments = strings.Repeat("(", 10_000) + "x" + strings.Repeat(")", 10_000)

func worstHead(front, part string) []byte {
	return append([]byte(front), bytes.Repeat([]byte(part), worstSize/len(part))...)
}

// TestWorstCases holds that no head makes the analysis take more memory, all counted that is ever
// taken, than 150 MB. What takes much time takes longer than the tests may.
func TestWorstCases(t *testing.T) {
	const bound = 150 << 20
	trust := seedtest.Trust{AuthservIDs: []string{".*"}, BoundaryBy: `mx\.example\.net`}
	for _, shape := range worstShapes {
		t.Run(shape.name, func(t *testing.T) {
			raw := worstHead(shape.front, shape.part)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			a := Message(raw, "worst", trust)
			runtime.ReadMemStats(&after)
			if taken := after.TotalAlloc - before.TotalAlloc; taken > bound {
				t.Errorf("a head of %d MB takes %d MB, want at most %d", len(raw)>>20, taken>>20,
					bound>>20)
			}
			if len(a.Findings) == 0 && shape.part != "\r\n" && shape.part != "a" {
				t.Error("no finding says that the head was cut")
			}
		})
	}
}

// TestHundredThousandHops holds that each of very many hops is there.
func TestHundredThousandHops(t *testing.T) {
	const hops = 100_000
	a := Message([]byte(strings.Repeat(aHop, hops)), "", seedtest.Trust{})
	if len(a.Hops) != hops {
		t.Fatalf("%d hops of %d bytes give %d: %+v", hops, len(aHop), len(a.Hops), a.Findings)
	}
	for i, h := range a.Hops {
		if h.From.HELO != "a.example.org" || h.Header != hops-1-i {
			t.Fatalf("hop %d = %+v, want that of field %d", i, h, hops-1-i)
		}
	}
}

func BenchmarkWorstCases(b *testing.B) {
	for _, shape := range worstShapes {
		b.Run(shape.name, func(b *testing.B) {
			raw := worstHead(shape.front, shape.part)
			b.ReportAllocs()
			for b.Loop() {
				Message(raw, "worst", seedtest.Trust{})
			}
		})
	}
}
