package settings

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// Help is at most so wide, and what flags mean begins in this column; a flag that reaches into it has a line of its own.
const (
	helpWidth  = 100
	helpColumn = 38
)

// printHelp shows all commands and settings, or of a command that does not serve how it is called and the settings of
// the first group.
func printHelp(_ kong.HelpOptions, ctx *kong.Context) error {
	var h help
	if command := ctx.Selected(); command != nil && command.Tag.Default == "" {
		h.command(ctx.Model, command)
	} else {
		h.all(ctx.Model)
	}
	_, err := fmt.Fprint(ctx.Stdout, h.String())
	return err
}

type help struct{ strings.Builder }

func (h *help) all(app *kong.Application) {
	h.wrap(0, "Usage: "+app.Name+" [command] [flags]\n\n"+app.Help)
	h.heading("Commands, each with a --help of its own")
	for _, command := range app.Leaves(true) {
		h.entry(command.Path(), command.Help)
	}
	h.wrap(0, "\nEach setting is a flag and a variable of the environment: --access-token-lifetime is $PARLEY_ACCESS_TOKEN_LIFETIME. Behind each = stands its default.")
	for _, flag := range app.Flags {
		h.flag(flag)
	}
}

func (h *help) command(app *kong.Application, command *kong.Command) {
	h.wrap(0, "Usage: "+app.Name+" "+command.Summary()+"\n\n"+command.Help)
	if len(command.Positional) > 0 {
		h.heading("Arguments")
	}
	for _, argument := range command.Positional {
		h.entry(argument.Summary(), argument.Help)
	}
	if len(command.Children) > 0 {
		h.heading("Commands")
	}
	for _, child := range command.Children {
		h.entry(child.Path(), child.Help)
	}
	for _, flag := range firstGroup(app.Flags) {
		h.flag(flag)
	}
	h.wrap(0, "\nAll settings: "+app.Name+" --help")
}

// firstGroup are the flags up to the second heading.
func firstGroup(flags []*kong.Flag) []*kong.Flag {
	headings := 0
	for i, flag := range flags {
		if flag.Group != nil {
			headings++
		}
		if headings == 2 {
			return flags[:i]
		}
	}
	return flags
}

// flag shows a flag, and the heading that begins with it.
func (h *help) flag(f *kong.Flag) {
	if f.Name == "help" {
		return
	}
	if f.Group != nil {
		h.heading(f.Group.Title)
	}
	value := f.Default
	if value == "" {
		value = `""`
	}
	h.entry("--"+f.Name+"="+value, f.Help)
}

func (h *help) heading(text string) { h.WriteString("\n" + text + ":\n") }

func (h *help) entry(name, text string) {
	name = "  " + name
	if len(name) > helpColumn-2 {
		h.WriteString(name + "\n")
		name = ""
	}
	fmt.Fprintf(h, "%-*s", helpColumn, name)
	h.wrap(helpColumn, text)
}

// wrap writes a text that begins in a column, and goes on there in the next lines.
func (h *help) wrap(column int, text string) {
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			h.WriteString("\n")
		}
		at := column
		for i, word := range strings.Fields(line) {
			switch {
			case i == 0:
			case at+1+len(word) > helpWidth:
				h.WriteString("\n" + strings.Repeat(" ", column))
				at = column
			default:
				h.WriteString(" ")
				at++
			}
			h.WriteString(word)
			at += len(word)
		}
	}
	h.WriteString("\n")
}
