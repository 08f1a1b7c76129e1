package resolve

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// maxRemembered is how large an answer may be that is kept, in octets of its records.
const maxRemembered = 8 << 10

// question names what is asked.
type question struct {
	name string
	kind uint16
}

// outcome is an answer or why there is none, and how long it holds.
type outcome struct {
	answer  Answer
	failure *failure
	ttl     time.Duration
}

// memory keeps outcomes until they expire, the last used ones if there are too many, and lets
// questions that are asked at the same time be asked once.
type memory struct {
	mu     sync.Mutex
	size   int
	now    func() time.Time
	kept   map[question]*list.Element // of *remembered
	recent *list.List                 // the last used first
	asked  map[question]*flight
}

type remembered struct {
	question question
	outcome  outcome
	until    time.Time
}

// flight is a question that is being asked. The outcome is there once done is closed.
type flight struct {
	done    chan struct{}
	outcome outcome
}

func newMemory(size int, now func() time.Time) *memory {
	return &memory{size: size, now: now, kept: map[question]*list.Element{}, recent: list.New(),
		asked: map[question]*flight{}}
}

// get returns what is kept, or what ask finds out. Who asks for the same meanwhile waits for that;
// if its asker gives up, the next one asks.
func (m *memory) get(ctx context.Context, q question, ask func() outcome) outcome {
	for {
		m.mu.Lock()
		if o, ok := m.recall(q); ok {
			m.mu.Unlock()
			return o
		}
		f, ok := m.asked[q]
		if !ok {
			f = &flight{done: make(chan struct{})}
			m.asked[q] = f
			m.mu.Unlock()
			return m.fly(q, f, ask)
		}
		m.mu.Unlock()
		select {
		case <-f.done:
		case <-ctx.Done():
			return outcome{failure: &failure{kind: KindCanceled, err: ctx.Err()}}
		}
		if x := f.outcome.failure; x == nil || x.kind != KindCanceled {
			return f.outcome
		}
	}
}

// fly asks, and leaves the outcome to all who wait for it, even if asking panics.
func (m *memory) fly(q question, f *flight, ask func() outcome) outcome {
	f.outcome.failure = fail(KindCanceled, "the question was given up")
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.asked, q)
		m.remember(q, f.outcome)
		close(f.done)
	}()
	f.outcome = ask()
	return f.outcome
}

func (m *memory) recall(q question) (outcome, bool) {
	e, ok := m.kept[q]
	if !ok {
		return outcome{}, false
	}
	r := e.Value.(*remembered)
	if !m.now().Before(r.until) {
		m.forget(e)
		return outcome{}, false
	}
	m.recent.MoveToFront(e)
	return r.outcome, true
}

func (m *memory) remember(q question, o outcome) {
	if o.ttl <= 0 || m.size <= 0 || o.answer.size() > maxRemembered {
		return
	}
	for m.recent.Len() >= m.size {
		m.forget(m.recent.Back())
	}
	m.kept[q] = m.recent.PushFront(&remembered{q, o, m.now().Add(o.ttl)})
}

func (m *memory) forget(e *list.Element) {
	delete(m.kept, m.recent.Remove(e).(*remembered).question)
}

// size is about how much memory the records take.
func (a *Answer) size() int {
	n := 0
	for _, r := range a.Records {
		n += len(r.Data) + len(r.Text)
	}
	return n
}
