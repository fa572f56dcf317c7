package migrations

import (
	"database/sql"
	"testing"

	"github.com/pressly/goose/v3"
)

// beforePeople is the last version that did not know what people have read.
const beforePeople = 20261130000001

// Whoever is in a room when it is upgraded has read it up to then; rows of down and up again say the same.
func TestMembersHaveReadTheirRooms(t *testing.T) {
	eachKind(t, func(t *testing.T, p *goose.Provider, pool *sql.DB) {
		if _, err := p.UpTo(t.Context(), beforePeople); err != nil {
			t.Fatal(err)
		}
		const old = `SELECT room_id, user_id, id, role, username_key, joined_place, joined_version, hidden_number FROM members`
		before := rowsOf(t, pool, old)
		for range 2 {
			if _, err := p.Up(t.Context()); err != nil {
				t.Fatal(err)
			}
			const read = `SELECT r.name, m.last_read, coalesce(m.notify, -1) FROM members m JOIN rooms r ON r.id = m.room_id`
			if got, want := rowsOf(t, pool, read), "Große Pause|3|-1\ngeneral|15|-1\nleft by its owner|5|-1\nsilent|0|-1"; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if _, err := p.DownTo(t.Context(), beforePeople); err != nil {
				t.Fatal(err)
			}
			if after := rowsOf(t, pool, old); after != before || after == "" {
				t.Errorf("down made of\n%s\nthis:\n%s", before, after)
			}
		}
	})
}
