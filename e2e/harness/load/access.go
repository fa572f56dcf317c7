package load

import (
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"
)

const forEver = time.Duration(math.MaxInt64)

// checkAccess wants access to have ended in the log: a chat whose send began after somebody's removal was answered is not
// given to them, unless they were to be let in again meanwhile; and once that is answered, all that is sent then is.
// Whoever is behind when their access ends gets nothing more, so that is looked for before what they got, and at the end.
func (j *Journal) checkAccess(rooms map[uuid.UUID][]Seen) (wrong []string) {
	for _, m := range j.moves {
		if m.refused != "" || m.answered == 0 {
			wrong = append(wrong, fmt.Sprintf("%s in room %s, in %v: refused or never answered: %s", m.person, m.room, m.in, m.refused))
		}
	}
	sends := map[uuid.UUID]*Send{}
	for _, s := range j.Sends {
		sends[s.ID] = s
	}
	for _, w := range j.watches {
		wrong = append(wrong, w.check(j.movesOf(w.person, w.room), sends, rooms)...)
	}
	return wrong
}

// movesOf are those of one person in one room, in order.
func (j *Journal) movesOf(person string, room uuid.UUID) (moves []*Move) {
	for _, m := range j.moves {
		if m.person == person && m.room == room {
			moves = append(moves, m)
		}
	}
	return moves
}

func (w *Watch) check(moves []*Move, sends map[uuid.UUID]*Send, rooms map[uuid.UUID][]Seen) (wrong []string) {
	say := func(format string, a ...any) {
		wrong = append(wrong, fmt.Sprintf("%s, who comes and goes: ", w.person)+fmt.Sprintf(format, a...))
	}
	if w.ended != "" {
		say("was ended: %s", w.ended)
	}
	got, last, over := map[uuid.UUID]bool{}, 0, true // over: the next chat may be a later one
	for _, g := range w.given {
		stored := rooms[g.Room]
		switch {
		case g.end:
			over = true
			continue
		case g.Room != w.room:
			say("was given chat %s of a room in which they never were", g.ID)
		case g.number < 1 || g.number > len(stored) || stored[g.number-1] != g.Seen:
			say("was given %+v, which is not what is stored", g.Seen)
		case g.number <= last || !over && g.number != last+1:
			say("number %d came behind %d", g.number, last)
		case sends[g.ID] != nil && isAway(moves, sends[g.ID], g):
			say("chat %s was given, and was sent after the end of their access was answered", g.ID)
		}
		if over && last < g.number && g.number <= len(stored) {
			wrong = append(wrong, w.checkBefore(g, stored[last:g.number-1], moves, sends)...)
		}
		got[g.ID], last, over = true, g.number, false
	}
	return append(wrong, w.checkEnd(moves, sends, got)...)
}

// checkBefore wants whoever is given a chat to have got all that was sent before it since they were let in.
func (w *Watch) checkBefore(g Given, missed []Seen, moves []*Move, sends map[uuid.UUID]*Send) (wrong []string) {
	since := w.since(moves, g.when)
	for _, before := range missed {
		if s := sends[before.ID]; s != nil && s.called > since {
			wrong = append(wrong, fmt.Sprintf("%s was let in again and did not get chat %s, but the later %s", w.person, s.ID, g.ID))
		}
	}
	return wrong
}

// since is when they were last let in before a moment, as was answered, or had a stream.
func (w *Watch) since(moves []*Move, when time.Duration) time.Duration {
	since := w.from
	for _, m := range moves {
		if m.in && m.called < when {
			since = max(since, m.answered)
		}
	}
	return since
}

// isAway tells whether somebody had no access from before a chat was sent until it was given.
func isAway(moves []*Move, s *Send, g Given) bool {
	away := false
	for _, m := range moves {
		switch {
		case m.in && m.called < g.when:
			away = false
		case !m.in && m.answered > 0 && m.answered < s.called:
			away = true
		}
	}
	return away
}

// checkEnd wants whoever is in a room at the end to have got all that was sent since they were let in.
func (w *Watch) checkEnd(moves []*Move, sends map[uuid.UUID]*Send, got map[uuid.UUID]bool) (wrong []string) {
	if len(moves) == 0 || !moves[len(moves)-1].in || w.from == 0 {
		return []string{fmt.Sprintf("%s had no stream, or was not in the room at the end", w.person)}
	}
	since := w.since(moves, forEver)
	for _, s := range sends {
		if s.room == w.room && s.called > since && len(s.answers) > 0 && !got[s.ID] {
			wrong = append(wrong, fmt.Sprintf("%s was let in again and did not get chat %s, which was sent later", w.person, s.ID))
		}
	}
	return wrong
}
