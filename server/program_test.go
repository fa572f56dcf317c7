package server

import "io"

// Program is the program whose commands tests start; the package of the commands stands above this one.
var Program func(args, environ []string, stdout, stderr io.Writer) (status int)

func start(args, environ []string, stdout, stderr io.Writer) int {
	return Program(args, environ, stdout, stderr)
}

// The exit statuses of the program.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)
