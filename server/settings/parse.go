// Package settings is everything the server can be told: Config, the kinds of values in it, and how both are read
// from a command line and the environment and checked. It knows no command and starts nothing.
package settings

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

// ErrHelp is returned when somebody asked for help, which has been shown.
var ErrHelp = errors.New("help was shown")

// A UsageError is a wrong call, as against a setting with a wrong value.
type UsageError struct{ error }

// A Line is what a command line is read into: a *Config, or a pointer to a struct that embeds Config beside its
// commands, as kong wants them.
type Line interface{ config() *Config }

func (c *Config) config() *Config { return c }

// Parse reads a command line and the environment of this process into line, and returns the command that was chosen,
// nil if line has none. environ is that environment, in which unknown names are refused. Help is written to stdout.
// A *UsageError is a wrong call; any other error is about a setting, and names it.
func Parse(line Line, args, environ []string, stdout io.Writer) (command any, err error) {
	if err := checkEnvironment(environ); err != nil {
		return nil, err
	}
	parsed, err := parseWith(line, args, stdout, true)
	if errors.Is(err, ErrHelp) {
		return nil, err
	}
	if err != nil {
		// The command line alone tells which of the two is wrong.
		_, without := parseWith(line, args, io.Discard, false)
		var bad *valueError
		if errors.As(err, &bad) || without == nil {
			return nil, err
		}
		return nil, &UsageError{fmt.Errorf("%w (see parley --help)", err)}
	}
	c := line.config()
	c.keyInArguments = slices.ContainsFunc(args, func(arg string) bool {
		return strings.HasPrefix(arg, "--signing-key")
	})
	if chosen := parsed.Selected(); chosen != nil {
		command = chosen.Target.Addr().Interface()
	}
	return command, c.check()
}

func parseWith(line Line, args []string, stdout io.Writer, withEnvironment bool) (_ *kong.Context, err error) {
	parser, err := newParser(line, stdout, withEnvironment)
	if err != nil {
		return nil, err
	}
	defer func() { // kong shows help and then wants to exit
		if r := recover(); r != nil {
			if r != any(ErrHelp) {
				panic(r)
			}
			err = ErrHelp
		}
	}()
	return parser.Parse(args)
}

func newParser(line Line, stdout io.Writer, withEnvironment bool) (*kong.Kong, error) {
	return kong.New(line, kong.Name("parley"), kong.Writers(stdout, io.Discard),
		kong.Description("A self-hosted chat server whose API is GraphQL."),
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
		kong.Exit(func(int) { panic(ErrHelp) }), kong.Help(printHelp))
}

func variableOf(flag *kong.Flag) string {
	return "PARLEY_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
}

// checkEnvironment refuses a PARLEY_ variable that is no setting: a typo would go unnoticed.
func checkEnvironment(environ []string) error {
	known, err := knownVariables()
	if err != nil {
		return err
	}
	var unknown []string
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "PARLEY_") && !known[name] && !isFromKubernetes(name, value) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	sort.Strings(unknown)
	return fmt.Errorf("%s: there is no such setting (see parley --help)", strings.Join(unknown, ", "))
}

// knownVariables are the names of all settings.
func knownVariables() (map[string]bool, error) {
	parser, err := newParser(new(Config), io.Discard, false)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, flag := range parser.Model.Flags {
		known[variableOf(flag)] = true
	}
	return known, nil
}
