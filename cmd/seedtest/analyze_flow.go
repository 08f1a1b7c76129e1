package main

import (
	"context"
	"sync"
)

// flow carries messages from one reader to several workers and on to one writer, which gets them in
// the order in which they were read. Only so many messages, and so many bytes of them, are on their
// way at a time: the reader waits for the writer. A single message may be larger than that.
type flow struct {
	workers      int
	mostMessages int
	mostBytes    int

	read  func(ctx context.Context, take func(letter) bool)
	work  func(ctx context.Context, l letter) (printed, error)
	write func(printed) error
}

// printed is what has become of one message.
type printed struct {
	number int
	entry  []byte // for an index
	body   []byte
	hint   string // which provider's servers it seems to have passed
	unread error  // what kept it from being read
}

// parcel is a message on its way.
type parcel struct {
	letter
	done chan outcome
}

type outcome struct {
	printed
	err error
}

// run returns when all is written, or soon after ctx ends or something goes wrong; then nothing
// that it started runs on.
func (f flow) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	order := make(chan parcel, f.mostMessages) // what is on its way fits into each of the three
	work := make(chan parcel, f.mostMessages)
	gone := make(chan int, f.mostMessages) // sizes of what was written
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	all.Go(func() {
		defer close(order)
		defer close(work)
		w := window{most: f.mostMessages, mostBytes: f.mostBytes, gone: gone}
		f.read(ctx, func(l letter) bool {
			if !w.enter(ctx, len(l.raw)) {
				return false
			}
			p := parcel{l, make(chan outcome, 1)}
			order <- p
			work <- p
			return true
		})
	})
	for range f.workers {
		all.Go(func() {
			for p := range work {
				p.done <- f.outcome(ctx, p.letter)
			}
		})
	}
	return f.deliver(ctx, order, gone)
}

// outcome works on a message, unless nobody waits for it any more.
func (f flow) outcome(ctx context.Context, l letter) outcome {
	switch {
	case ctx.Err() != nil:
		return outcome{err: ctx.Err()}
	case l.err != nil:
		return outcome{printed: printed{unread: l.err}}
	}
	p, err := f.work(ctx, l)
	return outcome{p, err}
}

// deliver writes what has been worked on, in order.
func (f flow) deliver(ctx context.Context, order <-chan parcel, gone chan<- int) error {
	for {
		p, ok := receive(ctx, order)
		if !ok {
			return ctx.Err()
		}
		o, ok := receive(ctx, p.done)
		switch {
		case !ok:
			return ctx.Err()
		case o.err != nil:
			return o.err
		}
		if err := f.write(o.printed); err != nil {
			return err
		}
		gone <- len(p.raw)
	}
}

// receive waits for a value. It reports false when there is none any more, or ctx ended.
func receive[T any](ctx context.Context, from <-chan T) (T, bool) {
	select {
	case <-ctx.Done():
		var none T
		return none, false
	case v, ok := <-from:
		return v, ok
	}
}

// window counts what is on its way.
type window struct {
	most, mostBytes int
	gone            <-chan int
	messages, bytes int
}

// enter waits until there is room for a message of that size. It reports false when ctx ended.
func (w *window) enter(ctx context.Context, size int) bool {
	for w.messages > 0 && (w.messages == w.most || w.bytes+size > w.mostBytes) {
		select {
		case <-ctx.Done():
			return false
		case n := <-w.gone:
			w.messages--
			w.bytes -= n
		}
	}
	w.messages++
	w.bytes += size
	return ctx.Err() == nil
}
