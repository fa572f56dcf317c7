package members

import (
	"maps"
	"slices"

	"github.com/google/uuid"
)

// count is a number from the database.
func (s *storm) count(query string, args ...any) (n int64) {
	if err := s.db.QueryRowContext(s.t.Context(), query, args...).Scan(&n); err != nil {
		s.t.Error(err)
	}
	return n
}

// place is where a room's log ends now.
func (s *storm) place(r *stormRoom) int64 {
	return s.count(`SELECT last_place FROM rooms WHERE id = $1`, r.id)
}

// look looks at all rooms by one statement, which sees one state.
func (s *storm) look() {
	wrong := s.count(`SELECT count(*) FROM rooms r WHERE r.deleted_at IS NULL AND (
		r.member_count <> (SELECT count(*) FROM members m WHERE m.room_id = r.id)
		OR r.member_count > 0 AND NOT EXISTS (SELECT 1 FROM members m WHERE m.room_id = r.id AND m.role = 0)
		OR EXISTS (SELECT 1 FROM members m WHERE m.room_id = r.id AND m.last_read <>
			COALESCE((SELECT e.number FROM room_events e WHERE e.room_id = r.id AND e.place = m.joined_place), 0)))`)
	if wrong != 0 {
		s.t.Errorf("%d rooms have members and no owner, another number of them than they say, or some who have not read what was there", wrong)
	}
}

// rows calls read with each row.
func (s *storm) rows(read func(scan func(...any) error) error, query string, args ...any) {
	s.t.Helper()
	rows, err := s.db.QueryContext(s.t.Context(), query, args...)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := read(rows.Scan); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
}

// An entry of a room's log that is about somebody.
type entry struct {
	place            int64
	kind, whom, name string // name: of who did it, "": nobody
}

func (s *storm) log(r *stormRoom) (log []entry) {
	s.t.Helper()
	names := map[uuid.UUID]string{}
	s.rows(func(scan func(...any) error) error {
		var id uuid.UUID
		var name string
		err := scan(&id, &name)
		names[id] = name
		return err
	}, `SELECT id, username FROM users`)
	s.rows(func(scan func(...any) error) error {
		var e entry
		var by uuid.UUID
		err := scan(&e.place, &e.kind, &by, &e.whom)
		e.name = names[by]
		log = append(log, e)
		return err
	}, `SELECT place, kind, actor_id, COALESCE(username, '') FROM room_events WHERE room_id = $1 ORDER BY place`, r.id)
	return log
}

// about is somebody at a place.
type about struct {
	place int64
	whom  string
}

var roleNames = []string{"OWNER", "ADMIN", "MEMBER"}

// replay reads the log from its start as a set of people with roles. What answers say must hold there, each change has been
// answered, and what it comes to is what is in the database. Of a room that all have left and nobody may find the log is purged.
func (s *storm) replay(r *stormRoom) {
	s.t.Helper()
	if s.count(`SELECT count(*) FROM rooms WHERE id = $1 AND deleted_at IS NOT NULL`, r.id) > 0 {
		return
	}
	said := map[about][]claim{}
	for _, c := range s.answered[r.id] {
		if c.exact {
			said[about{c.last, c.whom}] = append(said[about{c.last, c.whom}], c)
		}
	}
	in := map[string]string{r.owner: "OWNER"}
	states := []map[string]string{maps.Clone(in)} // behind each place
	for _, e := range s.log(r) {
		if e.place != int64(len(states)) {
			s.t.Fatalf("place %d comes behind %d", e.place, len(states)-1)
		}
		s.apply(in, e, said[about{e.place, e.whom}])
		states = append(states, maps.Clone(in))
	}
	for _, c := range s.answered[r.id] {
		if !slices.ContainsFunc(states[c.first:c.last+1], func(in map[string]string) bool { return in[c.whom] == c.role }) {
			s.t.Errorf("%s about %s by %s was answered with %q at %d to %d, and the log says %q there", c.call, c.whom, c.by, c.role, c.first, c.last, states[c.last][c.whom])
		}
	}
	now := map[string]string{}
	s.rows(func(scan func(...any) error) error {
		var name string
		var role int
		err := scan(&name, &role)
		now[name] = roleNames[role]
		return err
	}, `SELECT u.username, m.role FROM members m JOIN users u ON u.id = m.user_id WHERE m.room_id = $1`, r.id)
	if !maps.Equal(in, now) {
		s.t.Errorf("in the room are %v, and by its log %v", now, in)
	}
}

// apply does to who is in a room what an entry says. Roles are not in the log: they are what was answered of that person at its
// place, or what somebody becomes who comes by themselves, or to whom the room is handed over.
func (s *storm) apply(in map[string]string, e entry, said []claim) {
	role, is := in[e.whom]
	answered := slices.IndexFunc(said, func(c claim) bool { return c.by == e.name })
	wrong := false
	switch e.kind {
	case "MEMBER_JOINED":
		wrong = is || e.name == ""
		switch in[e.whom] = "MEMBER"; {
		case len(said) > 0:
			in[e.whom] = said[0].role
		case len(in) == 1:
			in[e.whom] = "OWNER"
		}
	case "MEMBER_CHANGED":
		if handed := e.name == ""; handed {
			wrong = !is || role == "OWNER"
			in[e.whom] = "OWNER"
		} else if wrong = !is || answered < 0 || said[answered].role == role; !wrong {
			in[e.whom] = said[answered].role
		}
	case "MEMBER_LEFT":
		wrong = !is || e.name != e.whom
		delete(in, e.whom)
	case "MEMBER_REMOVED": // from a public room perhaps who was not in it
		delete(in, e.whom)
	}
	if wrong {
		s.t.Errorf("at %d is %s of %s by %q, who was %q, and answered was %+v", e.place, e.kind, e.whom, e.name, role, said)
	}
}
