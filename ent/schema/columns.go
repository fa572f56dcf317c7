package schema

import (
	"entgo.io/ent/dialect"
	"github.com/google/uuid"
)

// uid is the type of ids. The package that owns a row makes its id before anything is written.
var uid = uuid.UUID{}

// moment is how a point in time is stored. Moments are UTC and cut to milliseconds by the clock
// that makes them, because SQLite compares them as text.
var moment = map[string]string{dialect.Postgres: "timestamptz(3)"}
