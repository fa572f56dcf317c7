package settings

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// testLine is a command line with a command besides the one that serves.
type testLine struct {
	Config
	Serve struct{} `cmd:"" default:"1" help:"Serve."`
	Pack  struct {
		File string `arg:"" help:"The file."`
	} `cmd:"" help:"Pack."`
}

func helpOf(t *testing.T, args ...string) string {
	t.Helper()
	var out strings.Builder
	if _, err := Parse(new(testLine), append(args, "--help"), nil, &out); !errors.Is(err, ErrHelp) {
		t.Fatal(err)
	}
	return out.String()
}

var flagOf = regexp.MustCompile(`(?m)^  --([a-z-]+)=\S+`)

// Help names each setting once, under a heading and with its default, in a hundred columns; ten come first.
func TestHelpShowsAllSettingsInGroups(t *testing.T) {
	help := helpOf(t)
	for line := range strings.Lines(help) {
		if utf8.RuneCountInString(line) > helpWidth+1 {
			t.Errorf("too wide: %s", line)
		}
	}
	known, err := knownVariables()
	if err != nil {
		t.Fatal(err)
	}
	delete(known, "PARLEY_HELP")
	for _, flag := range flagOf.FindAllStringSubmatch(help, -1) {
		variable := "PARLEY_" + strings.ToUpper(strings.ReplaceAll(flag[1], "-", "_"))
		if !known[variable] {
			t.Errorf("%s is no setting, or is shown twice", flag[1])
		}
		delete(known, variable)
	}
	if len(known) > 0 {
		t.Errorf("not shown: %v", known)
	}
	groups := strings.Split(help, "\n\n")[4:] // behind the usage, what it is, the commands and what a setting is
	for i, group := range groups {
		heading, flags, _ := strings.Cut(group, "\n")
		if n := len(flagOf.FindAllString(flags, -1)); !strings.HasSuffix(heading, ":") || n < 2 || n > 10 || i == 0 && n != 10 {
			t.Errorf("group %q has %d settings", heading, n)
		}
	}
	if len(groups) < 10 {
		t.Errorf("%d groups", len(groups))
	}
}

// The help of a command is about the command.
func TestHelpOfACommand(t *testing.T) {
	help := helpOf(t, "pack")
	if n := len(flagOf.FindAllString(help, -1)); n != 10 || !strings.HasPrefix(help, "Usage: parley pack <file> [flags]\n\nPack.\n") || !strings.Contains(help, "The file.") {
		t.Errorf("%d settings: %s", n, help)
	}
	if all := helpOf(t); helpOf(t, "serve") != all {
		t.Error("what serves has another help than the whole")
	}
}
