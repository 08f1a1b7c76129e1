package sender_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"seedtest"
	"seedtest/sender"
)

// told is what a Submission says of how it ended, without what differs by the way it took.
type told struct {
	Outcome seedtest.Outcome
	Stage   seedtest.Stage
	Reply   *seedtest.Reply
	Error   string
	QueueID string
	Stages  []seedtest.Stage
	Reused  bool
	Took    time.Duration // of the bubble's clock
}

// tells sends messages to a script one after the other, and returns what was told of each and what
// the server has then.
func tells(t *testing.T, s *script, messages ...seedtest.Composed) (list []told, body string) {
	synctest.Test(t, func(t *testing.T) {
		s.t = t
		client := s.client(s.route(), sender.Options{})
		for _, m := range messages {
			begun := time.Now()
			got := client.Send(t.Context(), m, committed)
			x := told{got.Outcome, got.Stage, got.Reply, got.Error, got.QueueID, nil, got.Reused,
				time.Since(begun)}
			for _, st := range got.Stages {
				x.Stages = append(x.Stages, st.Stage)
			}
			list = append(list, x)
		}
		client.Close()
		synctest.Wait()
		body = s.received()
	})
	return list, body
}

// TestRule05PipelinedTellsTheSame: whatever a server answers, on a new connection and on a kept one.
func TestRule05PipelinedTellsTheSame(t *testing.T) {
	for name, c := range answerCases {
		if c.at == "" || c.at == "EHLO" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			answers := map[string]string{c.at: c.answer}
			want, _ := tells(t, &script{answers: answers}, composed(t), composed(t))
			got, _ := tells(t, &script{answers: answers, pipes: true}, composed(t), composed(t))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("pipelined (-in lock-step +pipelined):\n%s", diff)
			}
		})
	}
}

// TestRule05PipelinedTellsTheSameOfAnything: any answers to several commands at once, and to
// messages with several recipients. The server has nothing that did not come to its final dot, and
// nothing twice. Connections may differ: one that took DATA for nothing is not kept.
func TestRule05PipelinedTellsTheSameOfAnything(t *testing.T) {
	draw := rand.New(rand.NewPCG(5, 1))
	words := []string{"250 2.1.0 Ok", "250-a\r\n250 b", "550 5.1.1 no", "451 4.3.0 later", "421 4.4.2 bye",
		"354 go ahead", hangUp, "what?", "250-a\r\n550 b", "501 5.5.4 parameters"}
	for range 400 {
		answers := map[string]string{}
		for _, at := range []string{"MAIL", "RCPT", "DATA", ".", "RSET"} {
			if draw.IntN(2) == 0 {
				answers[at] = words[draw.IntN(len(words))]
			}
		}
		one, two := asking(t), asking(t)
		two.To = append(two.To, "b@example.net")
		var list [2][]told
		for i, pipes := range []bool{false, true} {
			s := &script{answers: maps.Clone(answers), pipes: pipes}
			all, body := tells(t, s, one, two, one)
			left := 0
			for k := range all {
				if all[k].Stage == seedtest.StageFinal {
					left++
				}
				all[k].Reused, all[k].Stages = false, nil
			}
			if n := strings.Count(body, "\r\n.\r\n"); n > left {
				t.Fatalf("%q, pipelining %t: the server has %d messages of %d: %+v", answers, pipes, n, left, all)
			}
			list[i] = all
		}
		if diff := cmp.Diff(list[0], list[1]); diff != "" {
			t.Fatalf("%q: (-in lock-step +pipelined):\n%s", answers, diff)
		}
	}
}

// turning counts how often one side waited for the other.
type turning struct {
	net.Conn
	wrote bool
	turns int
}

func (c *turning) Write(p []byte) (int, error) {
	c.wrote = true
	return c.Conn.Write(p)
}

func (c *turning) Read(p []byte) (int, error) {
	if c.wrote {
		c.turns++
	}
	c.wrote = false
	return c.Conn.Read(p)
}

// TestPipelinedTakesTwoRoundTrips, and four where it is not offered, or five after a refusal.
func TestPipelinedTakesTwoRoundTrips(t *testing.T) {
	for _, c := range []struct {
		pipes   bool
		refused bool // the message before
		want    int
	}{{true, false, 2}, {true, true, 2}, {false, false, 4}, {false, true, 5}} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{t: t, pipes: c.pipes}
			var conn *turning
			client := sender.New(s.route(), sender.Options{
				Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
					plain, err := s.dial(ctx, network, addr)
					conn = &turning{Conn: plain}
					return conn, err
				}})
			defer client.Close()
			if c.refused {
				s.set("RCPT", "550 5.1.1 no")
				s.set("DATA", "554 5.5.1 no valid recipients")
			}
			client.Send(t.Context(), composed(t), committed)
			s.set("RCPT", polite["RCPT"])
			s.set("DATA", polite["DATA"])
			before := conn.turns
			got := client.Send(t.Context(), composed(t), committed)
			if wantAccepted(t, got); conn.turns-before != c.want || !got.Reused {
				t.Errorf("%+v: %d round trips, reused %t", c, conn.turns-before, got.Reused)
			}
		})
	}
}

// TestRule05PipelinedCommit looks at what the server has when commit is called.
func TestRule05PipelinedCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t, pipes: true}
		m := composed(t)
		text := strings.TrimSuffix(string(m.Data), "\r\n")
		got := s.client(s.route(), sender.Options{}).Send(t.Context(), m, func(context.Context) error {
			synctest.Wait()
			if had := s.received(); had != text {
				t.Errorf("at commit the server had %q, want %q", had, text)
			}
			return errDisk
		})
		synctest.Wait()
		wantUnsent(t, got, "disk full")
		if had := s.received(); had != text {
			t.Errorf("after commit failed the server got %q more", had[len(text):])
		}
	})
}

// TestPipelinedDATAForNobody: a server that takes DATA though it refused the recipient gets no
// content, and hears no more.
func TestPipelinedDATAForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t, pipes: true, answers: map[string]string{"RCPT": "550 5.1.1 no",
			"DATA": "354 to whom?"}}
		client := s.client(s.route(), sender.Options{})
		got := client.Send(t.Context(), composed(t), notCommitted)
		if got.Outcome != refused || got.Stage != seedtest.StageRCPT || got.Reply.Code != 550 {
			t.Errorf("Send: %s at %s", got.Outcome, got.Stage)
		}
		s.set("RCPT", polite["RCPT"])
		if wantAccepted(t, client.Send(t.Context(), composed(t), committed)); s.conns != 2 {
			t.Errorf("%d connections, want 2", s.conns)
		}
		if n := strings.Count(s.received(), "\r\n.\r\n"); n != 1 {
			t.Errorf("the server took %d messages", n)
		}
	})
}

// TestPipelinedToMany: more commands than leave at once, to a server that reads no further while
// nobody reads what it says.
func TestPipelinedToMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t, pipes: true}
		m := composed(t)
		for i := range 300 {
			m.To = append(m.To, fmt.Sprintf("%s%d@example.net", strings.Repeat("a", 60), i))
		}
		wantAccepted(t, s.client(s.route(), sender.Options{}).Send(t.Context(), m, committed))
		want := slices.Concat([]string{"EHLO", "MAIL"}, slices.Repeat([]string{"RCPT"}, 301), []string{"DATA"})
		if got := s.verbs(); got != strings.Join(want, " ") {
			t.Errorf("said %s", got)
		}
	})
}

// TestPipelinedManyForNobody: where nobody takes the message before DATA leaves, no answer to that is waited for.
func TestPipelinedManyForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t, pipes: true, answers: map[string]string{"RCPT": "550 5.1.1 no"}}
		client, m := s.client(s.route(), sender.Options{}), composed(t)
		defer client.Close()
		m.To = nil
		for i := range 60 { // the last but one batch ends with the last of them
			m.To = append(m.To, fmt.Sprintf("user%04d@example.net", i))
		}
		begun := time.Now()
		got := client.Send(t.Context(), m, notCommitted)
		if got.Outcome != refused || len(got.Declined) != 60 || time.Since(begun) > time.Second {
			t.Errorf("%s after %v, %d declined: %s", got.Outcome, time.Since(begun), len(got.Declined), got.Error)
		}
		s.set("RCPT", polite["RCPT"])
		if wantAccepted(t, client.Send(t.Context(), composed(t), committed)); s.conns != 1 {
			t.Errorf("%d connections, want 1", s.conns)
		}
	})
}

// TestRule05AnyYesToRSET: whatever 2yz answers RSET, MAIL comes before the next RCPT.
func TestRule05AnyYesToRSET(t *testing.T) {
	for _, pipes := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{t: t, pipes: pipes, answers: map[string]string{"RCPT": "550 5.1.1 no",
				"DATA": "554 5.5.1 no", "RSET": "220 2.0.0 ok"}}
			client := s.client(s.route(), sender.Options{})
			defer client.Close()
			client.Send(t.Context(), composed(t), notCommitted)
			s.set("RCPT", polite["RCPT"])
			s.set("DATA", polite["DATA"])
			wantAccepted(t, client.Send(t.Context(), composed(t), committed))
			if got := s.verbs(); !strings.HasSuffix(got, "RSET MAIL RCPT DATA") {
				t.Errorf("pipelining %t: said %s", pipes, got)
			}
		})
	}
}

// TestRule05AnswerBeforeTheEnd: a 250 that came before the last octets left is none to them.
func TestRule05AnswerBeforeTheEnd(t *testing.T) {
	for _, pipes := range []bool{false, true} {
		for said, want := range map[string]seedtest.Outcome{
			"250 2.0.0 Ok: queued as 4XyZ": failed, "554 5.7.1 spam": refused, "451 4.3.0 later": deferred,
		} {
			synctest.Test(t, func(t *testing.T) {
				s := &script{t: t, pipes: pipes, answers: map[string]string{"DATA": "354 go\r\n" + said}}
				got := s.client(s.route(), sender.Options{}).Send(t.Context(), composed(t), notCommitted)
				if got.Outcome != want || got.Stage != seedtest.StageBody {
					t.Errorf("%q, pipelining %t: %s at %s (%s), want %s", said, pipes, got.Outcome, got.Stage,
						got.Error, want)
				}
			})
		}
	}
}

// TestPipelinedSilenceAfterARefusal: a reply that decides nothing is not waited for as the others.
func TestPipelinedSilenceAfterARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t, pipes: true, answers: map[string]string{"RCPT": "550 5.1.1 no", "DATA": silent}}
		begun := time.Now()
		got := s.client(s.route(), sender.Options{}).Send(t.Context(), composed(t), notCommitted)
		if d := time.Since(begun); got.Outcome != refused || d != 5*time.Second {
			t.Errorf("Send: %s after %v", got.Outcome, d)
		}
	})
}

// TestPipelinedSaysTheSame: what is written for a server with PIPELINING is what go-smtp says to one
// without.
func TestPipelinedSaysTheSame(t *testing.T) {
	plain, many, never, bounce := composed(t), asking(t), asking(t), composed(t)
	many.To = append(many.To, "b.o'neill+x@example.com", "c=d+e@[192.0.2.7]")
	many.EnvelopeID = "a+b=c d~!"
	never.Notify = []seedtest.Notify{seedtest.NotifyNever}
	bounce.EnvelopeFrom, bounce.EnvelopeID = "", ""
	for _, offered := range []string{"HELP", "SIZE 10240000", "8BITMIME", "DSN", "SIZE\r\n250-DSN\r\n250-8BITMIME"} {
		for i, m := range []seedtest.Composed{plain, many, never, bounce} {
			var said [2][]string
			for k, last := range []string{"ENHANCEDSTATUSCODES", "PIPELINING"} {
				s := &script{answers: map[string]string{"EHLO": "250-mx\r\n250-" + offered + "\r\n250 " + last}}
				synctest.Test(t, func(t *testing.T) {
					s.t = t
					got := s.client(s.route(), sender.Options{}).Send(t.Context(), m, committed)
					wantAccepted(t, got)
					for _, line := range got.Dialog {
						if strings.HasPrefix(line, "C: ") {
							said[k] = append(said[k], line)
						}
					}
				})
			}
			if diff := cmp.Diff(said[0], said[1]); diff != "" || len(said[0]) < 6 {
				t.Errorf("message %d, offered %q (-in lock-step +pipelined):\n%s", i, offered, diff)
			}
		}
	}
}
