package inbox

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"sync"
)

const readAhead = 4 << 10 // bytes

// readers are shared: few of thousands of sessions read at the same time.
var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, readAhead) }}

// listen takes responses until the connection ends. To take one needs much stack, which a goroutine
// keeps; so when all that came is taken another one waits for more.
func (w *wire) listen() {
	for {
		if err := w.hear(); err != nil {
			w.fail(err)
			return
		}
		if w.br == nil {
			go w.listen()
			return
		}
	}
}

// hear waits for a response and takes it.
func (w *wire) hear() error {
	w.patient()
	if w.br == nil {
		if _, err := io.ReadFull(w.conn, w.first[:]); err != nil {
			return err
		}
		w.br = readers.Get().(*bufio.Reader)
		w.br.Reset(&greeted{Conn: w.conn, first: w.first[:]})
	}
	return w.heard()
}

// heard takes a response that has begun to come.
func (w *wire) heard() error {
	raw, err := readResponse(w.br)
	if err != nil {
		return err
	}
	if w.br.Buffered() == 0 {
		w.br.Reset(nil)
		readers.Put(w.br)
		w.br = nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	out, err := w.take(raw)
	if err != nil || len(out) == 0 {
		return err
	}
	return w.handOn(out)
}

// handOn gives the library something, when it has taken what it was given before.
func (w *wire) handOn(out []byte) error {
	for w.library != nil && len(w.library.out) > 0 && w.err == nil {
		w.turn.Wait()
	}
	if w.library != nil {
		w.library.out = out
		w.turn.Broadcast()
	}
	return w.err
}

// fail ends reading. The first reason stays.
func (w *wire) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
	}
	w.turn.Broadcast()
	close(w.closed)
}

// goOn takes a continuation.
func (w *wire) goOn(raw []byte) ([]byte, error) {
	switch {
	case len(w.open) == 1 && w.open[0].waits():
		w.open[0].proceed()
		return nil, nil
	case w.idling != nil: // says so again
		return nil, nil
	case w.library == nil || !w.awaited():
		return nil, errors.New("the server asks for more of a command that is complete")
	}
	return raw, nil
}

// awaited reports whether a continuation may come: in a sign-in by SASL, or after a literal has
// been announced.
func (w *wire) awaited() bool {
	signsIn := func(c *command) bool { return c.name == "AUTHENTICATE" }
	announced := w.announced
	w.announced = false
	return announced || slices.ContainsFunc(w.open, signsIn)
}
