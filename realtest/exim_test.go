//go:build real

package realtest

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
)

// eximProgram is where install.sh unpacks Exim, which Debian does not install beside Postfix.
const eximProgram = "/usr/local/lib/seedtest-realtest/usr/sbin/exim4"

// exim is an Exim instance with a directory of its own: a relay that takes mail from loopback, without
// a password, and gives all of it to the mx.
type exim struct {
	*server
	Exim, Dir string
	Port, MX  int
	Silent    int // the mx's port where it offers no delivery reports
}

// createExim lays out its directory.
func (w *world) createExim() error {
	taken, err := w.ports.take(1)
	if err != nil {
		return err
	}
	x := &exim{Exim: eximProgram, Dir: w.path("exim"), Port: taken[0], MX: w.mx.MX, Silent: w.mx.Silent}
	owner, err := user.Lookup("Debian-exim")
	if err != nil {
		return err
	}
	uid, err1 := strconv.Atoi(owner.Uid)
	gid, err2 := strconv.Atoi(owner.Gid)
	err = errors.Join(err1, err2, os.Mkdir(x.Dir, 0o755))
	for _, name := range []string{"spool", "log"} {
		dir := filepath.Join(x.Dir, name)
		err = errors.Join(err, os.Mkdir(dir, 0o755), os.Chown(dir, uid, gid))
	}
	conf := filepath.Join(x.Dir, "exim.conf")
	if err = errors.Join(err, write(conf, "exim.conf", 0o644, x)); err != nil {
		return err
	}
	x.server = w.newServer("exim", "", []int{x.Port}, x.Exim, "-C", conf, "-bdf", "-q2s")
	w.exim = x
	return nil
}

// mainlog is its own log.
func (x *exim) mainlog() string { return filepath.Join(x.Dir, "log", "mainlog") }
