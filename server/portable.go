package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"parley/auth/accounts"
	"parley/chat"
	"parley/db"
)

type (
	exportCommand struct {
		File string `arg:"" optional:"" name:"file" help:"The new file, of mode 0600; an existing one is not touched. Without it, or -: stdout. Password hashes are in it; the keys that sign tokens are not."`
	}
	importCommand struct {
		File string `arg:"" optional:"" name:"file" help:"What export wrote. Without it, or -: stdin."`
	}
)

func (e *exportCommand) Run(ctx context.Context, c *Config, stdout, stderr io.Writer) error {
	o := db.Options{URL: c.DatabaseURL, Dir: c.Data}
	if e.File != "" && e.File != "-" {
		held, err := db.ExportFile(ctx, o, e.File)
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s is there already: give a new name", e.File)
		}
		if err != nil {
			return fmt.Errorf("export: %w", err)
		}
		tellHeld(stdout, e.File, held)
		return nil
	}
	if isScreen(stdout) {
		return errors.New("export: the data does not go to a terminal: give a file, or a pipe")
	}
	signal.Ignore(syscall.SIGPIPE) // else a reader that goes away ends the process without a word
	held, err := db.Export(ctx, o, stdout)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	tellHeld(stderr, "exported", held)
	return nil
}

func (i *importCommand) Run(ctx context.Context, c *Config, stdout, _ io.Writer) (err error) {
	from := os.Stdin
	if i.File != "" && i.File != "-" {
		if from, err = os.Open(i.File); err != nil {
			return fmt.Errorf("import: %w", err)
		}
		defer func() { _ = from.Close() }() // only read
	} else if isScreen(from) {
		return errors.New("import: the data does not come from a terminal: give a file, or a pipe")
	}
	made, err := makeDataDir(c)
	if err != nil {
		return err
	}
	held, err := db.Import(ctx, db.Options{
		URL: c.DatabaseURL, Dir: c.Data, DiskMinFree: int64(c.DiskMinFree), Connections: int(c.DatabaseConnections),
	}, from, rowCheck())
	switch {
	case errors.Is(err, db.ErrUnknownOutcome):
		return fmt.Errorf("import: %w: look whether the data is there", err)
	case err != nil:
		if made {
			_ = os.Remove(c.Data) // of no use any more, and left alone when something else is in it
		}
		return fmt.Errorf("import: %w; nothing changed", err)
	}
	tellHeld(stdout, "imported", held)
	return nil
}

// rowCheck asks both packages that have rows whether they would have stored one.
func rowCheck() func(db.Row) error {
	ofAuth := accounts.RowCheck()
	return func(r db.Row) error {
		if err := ofAuth(r); err != nil {
			return err
		}
		return chat.CheckRow(r)
	}
}

// isScreen says whether a person looks at a stream. os.DevNull is a device too.
func isScreen(stream any) bool {
	file, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}

// makeDataDir makes the directory of SQLite's file and says whether it was missing.
func makeDataDir(c *Config) (made bool, err error) {
	if !strings.HasPrefix(c.DatabaseURL, "sqlite:") {
		return false, nil
	}
	_, err = os.Stat(c.Data)
	made = errors.Is(err, fs.ErrNotExist)
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return false, fmt.Errorf("PARLEY_DATA: %w", err)
	}
	return made, nil
}

func tellHeld(out io.Writer, what string, h db.Held) {
	fmt.Fprintf(out, "%s: %.1f MiB, %d users, %d rooms, %d chats, %d rows\n", what, float64(h.Bytes)/(1<<20), h.Users, h.Rooms, h.Chats, h.Rows)
}
