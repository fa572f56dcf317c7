package db

import (
	"context"
	"database/sql"
)

type countedKey struct{}

// Counted returns a context whose reads tell count how many bytes of text each row has that they read, before the
// next row is read. With the first error of count a read ends, with that error. Reads beside each other count beside
// each other.
func Counted(ctx context.Context, count func(bytes int) error) context.Context {
	return context.WithValue(ctx, countedKey{}, count)
}

// Count counts bytes that whoever reads needs besides, once more for each row.
func Count(ctx context.Context, bytes int) error {
	if count := counter(ctx); count != nil {
		return count(bytes)
	}
	return nil
}

func counter(ctx context.Context) func(int) error {
	count, _ := ctx.Value(countedKey{}).(func(int) error)
	return count
}

// textIn is how many bytes of text a row has that was scanned into these.
func textIn(scanned []any) (bytes int) {
	for _, one := range scanned {
		switch one := one.(type) {
		case *sql.NullString:
			bytes += len(one.String)
		case *string:
			bytes += len(*one)
		case **string:
			if *one != nil {
				bytes += len(**one)
			}
		}
	}
	return bytes
}
