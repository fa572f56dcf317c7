// Package settings is everything that can be set: Config, the kinds of values in it, and how both are read
// from a command line and the environment and checked. It knows no command and starts nothing.
package settings

import (
	"errors"
	"fmt"
	"io"
	"reflect"
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

// Parse reads a command line and an environment, as os.Environ returns it, into line, and returns the command that was
// chosen, nil if line has none. Flags win over variables. Help is written to stdout. A *UsageError is a wrong call; any
// other error is about a setting, and names it.
func Parse(line Line, args, environ []string, stdout io.Writer) (command any, err error) {
	if err := checkEnvironment(environ); err != nil {
		return nil, err
	}
	parsed, err := parseWith(line, args, environ, stdout)
	if errors.Is(err, ErrHelp) {
		return nil, err
	}
	if err != nil {
		// The command line alone tells which of the two is wrong.
		_, without := parseWith(line, args, nil, io.Discard)
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

func parseWith(line Line, args, environ []string, stdout io.Writer) (_ *kong.Context, err error) {
	variables := variablesOf(environ)
	parser, err := newParser(line, stdout, kong.Resolvers(variables))
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
	parsed, err := parser.Parse(args)
	if err != nil {
		return nil, err
	}
	for _, flag := range parser.Model.Flags {
		if err := variables.check(flag); err != nil {
			return nil, err
		}
	}
	return parsed, nil
}

func newParser(line Line, stdout io.Writer, more ...kong.Option) (*kong.Kong, error) {
	return kong.New(line, append(more, kong.Name("parley"), kong.Writers(stdout, io.Discard),
		kong.Description("A self-hosted chat server whose API is GraphQL."),
		kong.Vars{"cores": strconv.Itoa(runtime.GOMAXPROCS(0)), "twicecores": strconv.Itoa(2 * runtime.GOMAXPROCS(0))},
		kong.Exit(func(int) { panic(ErrHelp) }), kong.Help(printHelp))...)
}

// variables are the values of an environment, by name.
type variables map[string]string

func variablesOf(environ []string) variables {
	values := variables{}
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		values[name] = value
	}
	return values
}

// Resolve finds the value of a flag that is not in the command line, for kong. One that cannot be is refused later,
// by check.
func (v variables) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if value, ok := v.of(flag); ok && v.check(flag) == nil {
		return value, nil
	}
	return nil, nil // kong takes the default
}

// Validate is for kong.
func (v variables) Validate(*kong.Application) error { return nil }

func (v variables) of(flag *kong.Flag) (value string, ok bool) {
	value, ok = v[variableOf(flag)]
	return value, ok && flag.Name != "help"
}

// check refuses a value that cannot be, also of a flag that is in the command line.
func (v variables) check(flag *kong.Flag) error {
	value, ok := v.of(flag)
	if !ok {
		return nil
	}
	try := reflect.New(flag.Target.Type()).Elem()
	if err := flag.Parse(kong.ScanFromTokens(kong.Token{Type: kong.FlagValueToken, Value: value}), try); err != nil {
		return fmt.Errorf("%w (from envar %s=%q)", err, variableOf(flag), value)
	}
	return nil
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
	parser, err := newParser(new(Config), io.Discard)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, flag := range parser.Model.Flags {
		known[variableOf(flag)] = true
	}
	return known, nil
}
