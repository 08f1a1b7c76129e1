package signin

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/zalando/go-keyring"

	"seedtest"
)

// service is what our items in the keyring are called.
const service = "seedtest"

// ringTimeout bounds one question to the keyring, which may ask a person to unlock it.
const ringTimeout = time.Minute

// errNoRing says that there is no keyring, as on a server that nobody sits at.
var errNoRing = errors.New("the system's keyring cannot be used: " +
	"take keyring = true out of [secrets], and tokens are kept in files of mode 0600")

func readRing(name string) ([]byte, error) {
	var data string
	err := ask(func() (err error) {
		data, err = keyring.Get(service, name)
		return err
	})
	return []byte(data), err
}

// saveRing leaves the access token out where a keyring has no room for it: it can be had anew.
func saveRing(name string, g Grant) error {
	err := setRing(name, g)
	if errors.Is(err, keyring.ErrSetDataTooBig) && g.Refresh != "" {
		g.Access = ""
		err = setRing(name, g)
	}
	return err
}

func setRing(name string, g Grant) error {
	data, err := g.encode()
	if err != nil {
		return err
	}
	return ask(func() error { return keyring.Set(service, name, string(data)) })
}

func forgetRing(name string) error {
	return ask(func() error { return keyring.Delete(service, name) })
}

// ask asks the keyring. The library waits for ever where a person has to be asked and nobody is
// there; its goroutine is then left behind.
func ask(question func() error) error {
	answer := make(chan error, 1)
	go func() { answer <- question() }()
	timer := time.NewTimer(ringTimeout)
	defer timer.Stop()
	select {
	case err := <-answer:
		return ringError(err)
	case <-timer.C:
		return fmt.Errorf("no answer in %s: %w", ringTimeout, errNoRing)
	}
}

func ringError(err error) error {
	switch {
	case err == nil, errors.Is(err, keyring.ErrSetDataTooBig):
		return err
	case errors.Is(err, keyring.ErrNotFound):
		return fs.ErrNotExist
	}
	return fmt.Errorf("%s: %w", seedtest.OneLine(err.Error(), 200), errNoRing)
}
