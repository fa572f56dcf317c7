package archive

import (
	"context"
	"os"
	"strconv"

	"parley/chat/roomlog/logcheck"
	"parley/db"
)

// A Copy says what a backup holds.
type Copy struct {
	Bytes int64
	Rooms int // without deleted ones
	Chats int
}

// Backup copies the database, as it is at one moment, into a new file of mode 0600, while others read
// and write it. The file appears when it is whole, checked and on disk; after an error there is none.
// The database is only read. fs.ErrExist: the file is there already. ErrNewer, ErrOlder: the schema is
// not that of this binary, so what the copy holds could not be checked.
func Backup(ctx context.Context, o db.Options, file string) (c Copy, err error) {
	if _, err := db.Copyable(o); err != nil {
		return c, err
	}
	err = writeFile(file, func(temp *os.File) error {
		err := db.Copy(ctx, o, temp, func(first db.First) error { return c.count(first) })
		if err != nil {
			return err
		}
		info, err := temp.Stat()
		if err != nil {
			return err
		}
		c.Bytes = info.Size()
		return nil
	})
	return c, err
}

// count checks what a copy holds and counts it.
func (c *Copy) count(first db.First) error {
	if err := logcheck.Counts(first); err != nil {
		return err
	}
	for query, into := range map[string]*int{
		"SELECT count(*) FROM rooms WHERE deleted_at IS NULL": &c.Rooms,
		"SELECT count(*) FROM chats WHERE " + logcheck.Kept:   &c.Chats,
	} {
		text, err := first(query)
		if err != nil {
			return err
		}
		if *into, err = strconv.Atoi(text); err != nil {
			return err
		}
	}
	return nil
}
