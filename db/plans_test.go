package db

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/db/dbtest"
)

// TestPlansOfEmptyTablesStayGood asks how Postgres would look for many ids while there is nothing to find. By
// itself it reads the whole table, which is right then; the plan is kept, and each batch of chats read all
// chats there were.
func TestPlansOfEmptyTablesStayGood(t *testing.T) {
	url, stop, err := dbtest.Postgres(t.Context())
	dbtest.Started(t, err)
	t.Cleanup(stop)
	store, err := Open(t.Context(), Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	ids := make([]uuid.UUID, 256)
	for i := range ids {
		ids[i] = uuid.New()
	}
	rows, err := store.pools.read.QueryContext(t.Context(), `EXPLAIN SELECT id FROM chats WHERE id = ANY($1::uuid[])`, ids)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var plan strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(line + "\n")
	}
	if !strings.Contains(plan.String(), "chats_pkey") {
		t.Errorf("the index of the ids is not used:\n%.200s", plan.String())
	}
}
