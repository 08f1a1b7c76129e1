package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"seedtest/config"
)

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Write a commented seeds.toml to start from",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return a.init() },
	}
}

func (a *app) init() error {
	// O_EXCL: a configuration that somebody wrote is never overwritten.
	f, err := os.OpenFile(a.configPath, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return usage(fmt.Errorf("%s exists and is left as it is", a.configPath),
			"--config names another file")
	}
	if err != nil {
		return usage(err)
	}
	_, err = f.WriteString(config.Init())
	if err = errors.Join(err, f.Close()); err != nil {
		return broken(fmt.Errorf("write %s: %w", a.configPath, err))
	}
	a.say(`wrote %s; fill in your route, then "seedtest add ADDRESS" for each seed, then "seedtest check"`,
		a.configPath)
	return nil
}
