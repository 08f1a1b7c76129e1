package analyze_test

import (
	"fmt"
	"strings"
	"testing"

	"seedtest"
	"seedtest/analyze"
	"seedtest/provider"
)

const message = `Received: by 2002:a05:6402:b0:b0:1234:5678:9abc with SMTP id a1csp1;
        Mon, 21 Sep 2026 03:00:02 -0700 (PDT)
Received: from mail.example.org (mail.example.org. [192.0.2.1])
        by mx.google.com with ESMTPS id a3 for <anna@gmail.example>
        (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);
        Mon, 21 Sep 2026 03:00:01 -0700 (PDT)
Authentication-Results: mx.google.com;
       dkim=pass header.i=@example.org header.s=k1;
       spf=pass smtp.mailfrom=ops@example.org; dmarc=pass header.from=example.org
Authentication-Results: mx.google.com; spf=pass; note=forged
From: ops@example.org
Subject: hello

`

func ExampleMessage() {
	gmail, _ := provider.ByID("gmail")
	a := analyze.Message([]byte(message), "hello.eml", gmail.Trust)
	for _, h := range a.Hops {
		fmt.Println("hop", h.By.Name, h.With, h.Delay, h.Trusted)
	}
	for _, f := range a.Authentication {
		fmt.Println(f.AuthservID, f.Trusted)
	}
	spf, ok := a.Result("spf")
	fmt.Println("spf", spf.Result, ok)
	fmt.Println("from", a.Origin.IP)
	// Output:
	// hop mx.google.com esmtps <nil> true
	// hop 2002:a05:6402:b0:b0:1234:5678:9abc smtp 1s true
	// mx.google.com true
	// mx.google.com false
	// spf pass true
	// from 192.0.2.1
}

// BenchmarkMessage reads a header of 3.3 kB with eight Received fields.
func BenchmarkMessage(b *testing.B) {
	field := `Received: from relay.example.net (relay.example.net [192.0.2.7])
	(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))
	(No client certificate requested) by mx.example.org (Postfix) with ESMTPS id 4F1A2B3C
	for <anna@example.org>; Mon, 21 Sep 2026 10:00:00 +0000 (UTC)
`
	end := strings.Index(message, "From:")
	raw := message[:end] + strings.Repeat(field, 6) + `Received-SPF: pass (google.com: domain of
	ops@example.org designates 192.0.2.1 as permitted sender) client-ip=192.0.2.1;
X-Spam-Status: No, score=-0.1 required=5.0 tests=DKIM_SIGNED,DKIM_VALID,SPF_PASS
DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=k1; h=from:to:subject;
	b=` + strings.Repeat("QUJDREVGR0g", 20) + "\n" + message[end:]
	gmail, _ := provider.ByID("gmail")
	for _, bench := range []struct {
		name  string
		trust seedtest.Trust
	}{{"trust", gmail.Trust}, {"plain", seedtest.Trust{}}} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				analyze.Message([]byte(raw), "bench", bench.trust)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
		})
	}
}
