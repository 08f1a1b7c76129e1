// Command send measures ways to hand messages to an SMTP server; send.sh runs it on Postfix's
// smtp-sink and on a Postfix of its own.
//
//	send drive SETTINGS   runs all ways by turns, prints the tables
//	send alone SETTINGS   this project's sender.Client
//	send whole SETTINGS   a whole run: harness, sender, and a store on disk
//
// alone and whole print how much memory they took at most, in KiB.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
)

// settings are what a way is told: a JSON object on the command line.
type settings struct {
	Host     string
	Port     int
	Conns    int
	Messages int
	Store    string // whole: the directory of the store
	Length   int    // octets of a message's text

	Sink, Postfix int    // drive: ports
	Script        string // drive: nodemailer's
	Modules       string
	Rounds        int
	Scale         float64 // drive: of the number of messages
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "send:", err)
		if errors.Is(err, errMissed) {
			os.Exit(3)
		}
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: send drive, alone or whole SETTINGS")
	}
	var s settings
	if err := json.Unmarshal([]byte(args[1]), &s); err != nil {
		return err
	}
	switch args[0] {
	case "drive":
		return drive(s)
	case "alone":
		return report(alone(s))
	case "whole":
		return report(whole(s))
	}
	return fmt.Errorf("unknown command %q", args[0])
}

// report prints the most memory that this process ever took.
func report(err error) error {
	if err != nil {
		return err
	}
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			fmt.Println(strings.Fields(rest)[0])
			return nil
		}
	}
	return errors.New("/proc/self/status does not tell VmHWM")
}
