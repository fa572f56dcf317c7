package archive

import (
	"io"
	"strings"
	"testing"

	"parley/db"
	"parley/db/dbtest"
)

// A cell that holds what it never should is told by its column, and ends nothing but the export.
func TestUnreadableCellsAreTold(t *testing.T) {
	for statement, column := range map[string]string{
		"UPDATE rooms SET last_at = 'soon'":     "rooms.last_at",
		"UPDATE chats SET created_at = 'later'": "chats.created_at",
		"UPDATE rooms SET topic = x'00'":        "rooms.topic",
	} {
		dir := t.TempDir()
		filled(t, dir)
		if _, err := dbtest.Pool(t, dir).ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
		if _, err := Export(t.Context(), db.Options{URL: "sqlite:parley.db", Dir: dir}, io.Discard); err == nil || !strings.Contains(err.Error(), column) {
			t.Errorf("%s: got %v", statement, err)
		}
	}
}
