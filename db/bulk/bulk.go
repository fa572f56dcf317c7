// Package bulk writes the text of a statement over many rows once, for both databases: on SQLite a few texts for up to
// PerStatement rows, on Postgres one that takes each column as an array. It runs in any transaction and begins none.
package bulk

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"parley/ent/migrate"
)

// Stmt is a statement over any number of rows, whose text is written once. Ent's builders of rows would
// take more time than the database, and read back what they wrote.
type Stmt struct {
	args    int // of a row
	texts   [PerStatement + 1]string
	columns string // on Postgres instead: one text that takes each column as an array
}

// PerStatement is how many rows one statement of SQLite takes. Its text depends on that number, and the driver
// keeps 128 texts prepared for who writes: so few all stay.
const PerStatement = 16

// Insert returns a statement that writes rows; their arguments are in the order of the columns. in is Ent's name of the dialect.
func Insert(in, table string, columns ...string) *Stmt {
	s := &Stmt{args: len(columns)}
	if in == dialect.Postgres {
		arrays := make([]string, len(columns))
		for i, column := range columns {
			arrays[i] = fmt.Sprintf("$%d::%s[]", i+1, postgresType(table, column))
		}
		s.columns = fmt.Sprintf(`INSERT INTO %q ("%s") SELECT * FROM unnest(%s)`, table, strings.Join(columns, `", "`), strings.Join(arrays, ", "))
		return s
	}
	insert := entsql.Dialect(in).Insert(table).Columns(columns...)
	for n := 1; n <= PerStatement; n++ { // a zero stands for an argument that is given later
		s.texts[n], _ = insert.Values(slices.Repeat([]any{0}, len(columns))...).Query()
	}
	return s
}

// Find returns a statement that selects those of some values that a column has.
func Find(in, table, column string) *Stmt {
	s := &Stmt{args: 1}
	if in == dialect.Postgres {
		s.columns = fmt.Sprintf("SELECT %q FROM %q WHERE %q = ANY($1::%s[])", column, table, column, postgresType(table, column))
		return s
	}
	for n := 1; n <= PerStatement; n++ {
		values := slices.Repeat([]any{0}, n)
		s.texts[n], _ = entsql.Dialect(in).Select(column).From(entsql.Table(table)).Where(entsql.In(column, values...)).Query()
	}
	return s
}

// postgresType is the type of a column as Ent's schema has it.
func postgresType(table, column string) string {
	for _, t := range migrate.Tables {
		for _, c := range t.Columns {
			if t.Name != table || c.Name != column {
				continue
			}
			switch c.Type {
			case field.TypeUUID:
				return "uuid"
			case field.TypeInt, field.TypeInt64:
				return "bigint"
			case field.TypeBool:
				return "boolean"
			case field.TypeTime:
				return "timestamptz"
			case field.TypeBytes:
				return "bytea"
			default:
				return "text"
			}
		}
	}
	panic("there is no column " + table + "." + column)
}

// querier is a transaction, of Ent or of database/sql.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Run takes the arguments of any number of rows, one row after the other, and counts the rows that the statements return.
// It asks for rows also where there are none: such a statement is one call of SQLite with all its
// arguments, and starts no goroutine.
func (s *Stmt) Run(ctx context.Context, tx querier, args []any) (returned int, err error) {
	if len(args) == 0 {
		return 0, nil
	}
	if s.columns != "" {
		return run(ctx, tx, s.columns, transpose(args, s.args))
	}
	for part := range slices.Chunk(args, PerStatement*s.args) {
		n, err := run(ctx, tx, s.texts[len(part)/s.args], part)
		if returned += n; err != nil {
			return returned, err
		}
	}
	return returned, nil
}

func run(ctx context.Context, tx querier, text string, args []any) (returned int, err error) {
	rows, err := tx.QueryContext(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	for rows.Next() {
		returned++
	}
	if err := rows.Close(); err != nil {
		return returned, err
	}
	return returned, rows.Err()
}

// transpose makes rows of arguments columns.
func transpose(args []any, width int) []any {
	columns := make([]any, width)
	for i := range columns {
		column := make([]any, 0, len(args)/width)
		for at := i; at < len(args); at += width {
			column = append(column, args[at])
		}
		columns[i] = typed(column)
	}
	return columns
}

// typed gives a list the type of its elements, where they have one: the driver would look anew at each for how
// to write it, and write an id as text and read it again.
func typed(column []any) any {
	switch column[0].(type) {
	case uuid.UUID:
		return each(column, func(id uuid.UUID) pgtype.UUID { return pgtype.UUID{Bytes: id, Valid: true} })
	case *uuid.UUID:
		return each(column, func(id *uuid.UUID) pgtype.UUID {
			if id == nil {
				return pgtype.UUID{}
			}
			return pgtype.UUID{Bytes: *id, Valid: true}
		})
	case int:
		return each(column, func(n int) int64 { return int64(n) })
	case int64:
		return each(column, func(n int64) int64 { return n })
	case string:
		return each(column, func(text string) string { return text })
	case bool:
		return each(column, func(is bool) bool { return is })
	case *string:
		return each(column, func(text *string) pgtype.Text {
			if text == nil {
				return pgtype.Text{}
			}
			return pgtype.Text{String: *text, Valid: true}
		})
	case time.Time:
		return each(column, func(at time.Time) time.Time { return at })
	}
	return column
}

// each returns the list as it is when an element has another type.
func each[From, To any](column []any, as func(From) To) any {
	list := make([]To, len(column))
	for i, value := range column {
		from, ok := value.(From)
		if !ok {
			return column
		}
		list[i] = as(from)
	}
	return list
}
