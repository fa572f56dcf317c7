package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"parley/archive"
	"parley/db"
	"parley/server/settings"
)

// backupCommand copies the database, whether a server runs or not.
type backupCommand struct {
	File string `arg:"" name:"file" help:"The new file; an existing one is not touched."`
}

func (b *backupCommand) Run(ctx context.Context, c *settings.Config, stdout, _ io.Writer) error {
	copied, err := archive.Backup(ctx, db.Options{URL: c.DatabaseURL, Dir: c.Data}, b.File)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: give a new name", b.File)
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	fmt.Fprintf(stdout, "%s: %.1f MiB, %d rooms, %d chats\n", b.File, float64(copied.Bytes)/(1<<20), copied.Rooms, copied.Chats)
	return nil
}
