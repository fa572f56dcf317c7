// Command parleybench loads a Parley server through its public API, measures it, and checks every
// answer while it measures: a fast wrong answer is no answer. It imports nothing of the server.
// Only ratios within one run count; absolute figures say more about the machine than about Parley.
//
//	parleybench suite                                          the targets; what make bench runs
//	parleybench send -parley bin/parley -clients 32 -rooms 4   starts a server for the run
//	parleybench fanout -url http://10.0.0.7:8080 -rate 50      loads one that runs already
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"parley/bench/report"
)

// A command registers its flags and returns what to run once they are parsed.
type command struct {
	name, does string
	prepare    func(*flag.FlagSet) func(context.Context) (*report.Report, error)
}

func commands() []command {
	return []command{
		{"send", "clients send as fast as they can; then every answered chat is looked up", prepareSend},
		{"read", "clients read the newest page of a room", prepareRead},
		{"fanout", "subscribers get what publishers send, each chat exactly once and in order", prepareFanout},
		{"idle", "memory of subscribers that wait", prepareIdle},
		{"suite", "the targets, as ratios in one run against servers it starts itself", prepareSuite},
	}
}

func main() {
	debug.SetGCPercent(400) // it shares the machine with the server; memory is cheaper here than time
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run returns the exit status: 0 fine, 1 something failed or is wrong, 2 wrong usage.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		usage(stderr)
		return 2
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(ctx, args[1:], stdout, stderr)
		}
	}
	switch args[0] {
	case "-h", "-help", "--help", "help":
		usage(stdout)
		return 0
	}
	say(stderr, "unknown command %q; parleybench -h lists them", args[0])
	return 2
}

func (c command) run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("parleybench "+c.name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	asJSON := flags.Bool("json", false, "print one JSON object instead of a table")
	measure := c.prepare(flags)
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if flags.NArg() > 0 {
		say(stderr, "%s takes no arguments, only flags; got %q", c.name, flags.Arg(0))
		return 2
	}
	r, err := measure(ctx)
	if r != nil {
		r.Command = c.name
		err = errors.Join(err, r.Write(stdout, *asJSON), r.Wrong())
	}
	var misuse report.UsageError
	switch {
	case errors.As(err, &misuse):
		say(stderr, "%v", err)
		return 2
	case err != nil:
		say(stderr, "%v", err)
		return 1
	}
	return 0
}

func usage(w io.Writer) {
	say(w, "usage: parleybench COMMAND [flags]; parleybench COMMAND -h explains the flags")
	for _, c := range commands() {
		say(w, "  %-8s %s", c.name, c.does)
	}
}

// say writes one line. An output that cannot be written to has nobody to tell.
func say(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format+"\n", args...)
}
