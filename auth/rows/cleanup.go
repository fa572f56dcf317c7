package rows

import (
	"context"

	"parley/ent"
)

// Batch is how many rows a transaction removes, so that nobody waits long for the writer.
const Batch = 500

// Find finds at most Batch rows that may go, and says how to remove them. It looks at whole tables, so it
// does that outside of the transaction, in which all others would wait for it.
type Find func(context.Context, *ent.Client) (found int, remove Remove, err error)

// Remove removes what was found, but what is in use again since.
type Remove func(context.Context, *ent.Tx) error

// CleanUp repeats one removal, a transaction each, until less than a batch is found. How many it removed
// says nothing: another node may have removed what it found.
func (s *Store) CleanUp(ctx context.Context, find Find) error {
	for {
		n, remove := 0, Remove(nil)
		err := s.View(ctx, func(c *ent.Client) (err error) {
			n, remove, err = find(ctx, c)
			return err
		})
		if err == nil && n > 0 {
			err = s.Write(ctx, remove)
		}
		if err != nil || n < Batch {
			return err
		}
	}
}
