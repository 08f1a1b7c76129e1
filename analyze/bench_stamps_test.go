package analyze

import (
	"testing"

	"seedtest/header"
)

// BenchmarkStampData decodes all data files, which is done once, when the first message is read.
func BenchmarkStampData(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		families, unread, err := readFamilies()
		if err != nil {
			b.Fatal(err)
		}
		newStampIndex(families, unread)
	}
}

// BenchmarkStampNames looks up the names of one message, of which one is a stamp's.
func BenchmarkStampNames(b *testing.B) {
	head := header.Parse([]byte("Return-Path: 1\nDelivered-To: 1\nX-Received: 1\nX-Mailer: 1\n" +
		"X-Spam-Status: No\nMIME-Version: 1\nContent-Type: 1\nX-Entity-Ref-ID: 1\nReply-To: 1\n" +
		"List-Unsubscribe: 1\nFeedback-ID: 1\nX-MS-Exchange-CrossTenant-Id: 1\nTo: 1\n\n"))
	table := stampTable()
	b.ReportAllocs()
	for b.Loop() {
		found := 0
		for _, f := range head.Fields {
			if table.form(f.Key) != nil || table.unread.matches(f.Key) {
				found++
			}
		}
		if found != 1 {
			b.Fatalf("%d of the names are stamps, want 1", found)
		}
	}
}

// BenchmarkStamps reads the values of stamps that most messages have.
func BenchmarkStamps(b *testing.B) {
	for name, value := range map[string]string{
		"X-Spam-Status": "No, score=-0.1 required=5.0 tests=DKIM_SIGNED,DKIM_VALID,SPF_PASS",
		"X-Forefront-Antispam-Report": "CIP:192.0.2.1;CTRY:DE;LANG:en;SCL:1;SRV:;IPV:NLI;SFV:NSPM;" +
			"H:mail.example.org;PTR:mail.example.org;CAT:NONE;SFS:(13230040)(366016);DIR:INB;",
	} {
		form := stampTable().find(name)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				form.one(value)
			}
		})
	}
}
