// Package server is the chat server as a program: its commands and settings, and what ties the other
// packages together. Everything it can be told is in config.go.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is the release. It is shown by `parley version` and by the API.
const version = "0.1.0"

// Main does what the command line of this process says, and ends the process.
func Main() {
	signal.Ignore(syscall.SIGPIPE) // else it ends the process when nobody reads stderr any more
	os.Exit(start(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// Exit statuses.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// start is Main with its surroundings handed in. Whatever goes wrong is one line on stderr.
func start(args, environ []string, stdout, out io.Writer) int {
	stderr := newLogQueue(out)
	defer stderr.close()
	return do(args, environ, stdout, stderr)
}

func do(args, environ []string, stdout, stderr io.Writer) int {
	var line commandLine
	command, err := parse(&line, args, environ, stdout)
	switch {
	case errors.Is(err, errHelp):
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "parley: %v\n", err)
		var usage *usageError
		if errors.As(err, &usage) {
			return exitUsage
		}
		return exitFailure
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	if err := command.Run(ctx, &line.Config, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "parley: %v\n", err)
		return exitFailure
	}
	return exitOK
}

var errHelp = errors.New("help was shown")

// A usageError is a wrong call, as against a setting with a wrong value.
type usageError struct{ error }

// parse reads the command line and the environment. When that fails, the command line alone tells
// which of the two is wrong.
func parse(line *commandLine, args, environ []string, stdout io.Writer) (runner, error) {
	if err := checkEnvironment(environ); err != nil {
		return nil, err
	}
	parsed, err := parseWith(line, args, stdout, true)
	if err != nil {
		_, without := parseWith(new(commandLine), args, stdout, false)
		var bad *valueError
		if errors.Is(err, errHelp) || errors.As(err, &bad) || without == nil {
			return nil, err
		}
		return nil, &usageError{fmt.Errorf("%w (see parley --help)", err)}
	}
	line.keyInArguments = slices.ContainsFunc(args, func(arg string) bool {
		return strings.HasPrefix(arg, "--signing-key")
	})
	command, ok := parsed.Selected().Target.Addr().Interface().(runner)
	if !ok {
		panic("a command cannot run: " + parsed.Command())
	}
	return command, line.check()
}

func parseWith(line *commandLine, args []string, stdout io.Writer, withEnvironment bool) (_ *kong.Context, err error) {
	parser, err := newParser(line, stdout, withEnvironment)
	if err != nil {
		return nil, err
	}
	defer func() { // kong shows help and then wants to exit
		if r := recover(); r != nil {
			if r != any(errHelp) {
				panic(r)
			}
			err = errHelp
		}
	}()
	return parser.Parse(args)
}

func newParser(line *commandLine, stdout io.Writer, withEnvironment bool) (*kong.Kong, error) {
	return kong.New(line, kong.Name("parley"), kong.Writers(stdout, io.Discard),
		kong.Description("A self-hosted chat server whose API is GraphQL. Each flag is also a variable of the environment."),
		kong.Vars{"cores": strconv.Itoa(runtime.GOMAXPROCS(0)), "twicecores": strconv.Itoa(2 * runtime.GOMAXPROCS(0))},
		kong.PostBuild(func(k *kong.Kong) error {
			for _, flag := range k.Model.Flags {
				if flag.Name == "help" {
					continue
				}
				if withEnvironment {
					flag.Envs = []string{variableOf(flag)}
					flag.Tag.Envs = flag.Envs
				}
			}
			return nil
		}),
		kong.Exit(func(int) { panic(errHelp) }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
}

func variableOf(flag *kong.Flag) string {
	return "PARLEY_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
}

// settings are the variables that are known.
func settings() (map[string]bool, error) {
	parser, err := newParser(new(commandLine), io.Discard, false)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, flag := range parser.Model.Flags {
		known[variableOf(flag)] = true
	}
	return known, nil
}
