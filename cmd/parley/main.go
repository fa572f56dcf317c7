// Command parley is the chat server: one binary that serves, migrates its database and checks its
// own health.
package main

import (
	"os"
	"os/signal"
	"syscall"

	"parley/cmd/parley/command"
)

func main() {
	signal.Ignore(syscall.SIGPIPE) // else it ends the process when nobody reads stderr any more
	os.Exit(command.Start(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}
