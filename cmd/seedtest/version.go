package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"seedtest/provider"
)

// version is set at release by the linker; otherwise the build's own information tells.
var version = ""

func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of the program and of its data",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(a.stdout, "seedtest %s, provider data of %s, %s %s/%s\n",
				programVersion(), provider.Edition(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
