// Package command is what can be typed after parley: the commands and their exit statuses. Start runs one with its
// surroundings handed in, so that a test can run the whole program within its own process.
package command

import (
	"errors"
	"fmt"
	"io"

	"parley/server/logs"
	"parley/server/settings"
)

// Exit statuses.
const (
	exitOK      = 0
	exitFailure = 1 // also a wrong setting
	exitUsage   = 2
)

// Start does what a command line says and returns the exit status of the process. Settings are read from
// args and environ. Whatever goes wrong is one line on stderr; no line waits for its reader.
func Start(args, environ []string, stdout, stderr io.Writer) int {
	queue := logs.NewQueue(stderr)
	defer queue.Close()
	return do(args, environ, stdout, queue)
}

func do(args, environ []string, stdout, stderr io.Writer) int {
	var line commandLine
	command, err := settings.Parse(&line, args, environ, stdout)
	switch {
	case errors.Is(err, settings.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "parley: %v\n", err)
		var usage *settings.UsageError
		if errors.As(err, &usage) {
			return exitUsage
		}
		return exitFailure
	}
	ctx, stop := untilSignal()
	defer stop()
	if err := command.(runner).Run(ctx, &line.Config, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "parley: %v\n", err)
		return exitFailure
	}
	return exitOK
}
