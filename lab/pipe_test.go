package lab

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func pipePair() (*pipeConn, *pipeConn) {
	return newPipe(tcpAddr(netip.AddrPortFrom(workstation, 1)),
		tcpAddr(netip.AddrPortFrom(oldRelay, 2)))
}

func TestPipeBuffersAndEnds(t *testing.T) {
	a, b := pipePair()
	if _, err := a.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	_ = a.Close()
	got, err := io.ReadAll(b)
	if err != nil || string(got) != "hello" {
		t.Errorf("read %q, %v", got, err)
	}
	if _, err := b.Write([]byte("x")); err == nil {
		t.Error("wrote to a closed end")
	}
	if _, err := a.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read at the closed end: %v", err)
	}
}

func TestPipeHoldsAWriterBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipePair()
		defer b.Close()
		_ = a.SetWriteDeadline(time.Now().Add(time.Minute))
		began := time.Now()
		n, err := a.Write(make([]byte, maxBuffered+1))
		if n != maxBuffered || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("wrote %d, %v", n, err)
		}
		if took := time.Since(began); took != time.Minute {
			t.Errorf("the deadline came after %v", took)
		}
		_ = a.SetWriteDeadline(time.Time{})
		go func() {
			_, _ = a.Write([]byte("end"))
			_ = a.Close()
		}()
		if got, err := io.ReadAll(b); err != nil || !bytes.HasSuffix(got, []byte("end")) {
			t.Errorf("read %d octets, %v", len(got), err)
		}
	})
}

func TestPipeDeadlineMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipePair()
		defer a.Close()
		defer b.Close()
		began := time.Now()
		_ = a.SetDeadline(began.Add(time.Second))
		_ = a.SetReadDeadline(began.Add(3 * time.Second))
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read: %v", err)
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("the deadline came after %v", took)
		}
		_ = a.SetReadDeadline(began)
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read with a deadline in the past: %v", err)
		}
	})
}

func TestPipeListenerEnds(t *testing.T) {
	network, at := Pipes(), netip.AddrPortFrom(oldRelay, 25)
	l, err := network.listen(at)
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept: %v", err)
	}
	if _, err := network.dial(t.Context(), netip.AddrPortFrom(workstation, 1), at); err == nil {
		t.Error("dialled a closed listener")
	}
}
