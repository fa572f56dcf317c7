package load

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// comings is a faultless journal to which somebody is added who comes to the first of its rooms: let in before the first
// chat, out before the second, and in again before the third.
func comings() (*Journal, *Watch) {
	j := faultless()
	room := j.Rows[0].Room
	for i := range 3 {
		at := time.Duration(10*i + 1)
		j.moves = append(j.moves, &Move{person: "ann", room: room, in: i != 1, called: at, answered: at + 1})
		j.Sends[i].called, j.Sends[i].Answered = at+3, at+4
	}
	w := &Watch{person: "ann", room: room, from: 1, given: []Given{
		{Seen: j.Rows[0], when: 6},
		{Seen: Seen{Room: room}, end: true, when: 13},
		{Seen: j.Rows[2], when: 26},
	}}
	j.watches = append(j.watches, w)
	return j, w
}

func TestCheckerAcceptsComingsAndGoings(t *testing.T) {
	for name, spoil := range map[string]func(j *Journal, w *Watch){
		"as they should be": func(*Journal, *Watch) {},
		"sent before the removal was answered": func(j *Journal, w *Watch) {
			j.Sends[1].called = j.moves[1].answered
			w.given = []Given{w.given[0], {Seen: j.Rows[1], when: 15}, w.given[1], w.given[2]}
		},
		"given once they were to be let in again": func(j *Journal, w *Watch) {
			w.given = []Given{w.given[0], w.given[1], {Seen: j.Rows[1], when: j.moves[2].called + 1}, w.given[2]}
		},
		"a stream that began late":      func(j *Journal, w *Watch) { w.given, w.from = nil, j.Sends[2].called },
		"one who never had to go again": func(j *Journal, w *Watch) { j.moves = j.moves[:1]; w.given = givenAll(j) },
	} {
		t.Run(name, func(t *testing.T) {
			j, w := comings()
			spoil(j, w)
			if wrong := j.Check(); len(wrong) > 0 {
				t.Errorf("found %q", wrong)
			}
		})
	}
}

func givenAll(j *Journal) (all []Given) {
	for _, r := range j.Rows[:3] {
		all = append(all, Given{Seen: r, when: 30})
	}
	return all
}

// Each kind of fault is found and named.
func TestCheckerFindsEachFaultOfAccess(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(j *Journal, w *Watch)
		want  string
	}{
		"a chat behind the end": {func(j *Journal, w *Watch) {
			w.given = []Given{w.given[0], w.given[1], {Seen: j.Rows[1], when: 16}, w.given[2]}
		}, "was sent after the end of their access was answered"},
		"a chat instead of the end": {func(j *Journal, w *Watch) {
			w.given = []Given{w.given[0], {Seen: j.Rows[1], when: 16}, w.given[1], w.given[2]}
		}, "was sent after the end of their access was answered"},
		"nothing when let in again": {func(_ *Journal, w *Watch) { w.given = w.given[:2] }, ", which was sent later"},
		"a later chat when let in again": {func(j *Journal, w *Watch) {
			j.moves[2].called, j.moves[2].answered = 12, 13 // before the second chat
			j.Sends[1].called = 14
		}, ", but the later"},
		"never let in again":         {func(j *Journal, _ *Watch) { j.moves = j.moves[:2] }, "was not in the room at the end"},
		"no stream at all":           {func(_ *Journal, w *Watch) { w.from = 0 }, "had no stream"},
		"a gap while they are in it": {func(_ *Journal, w *Watch) { w.given = []Given{w.given[0], w.given[2]} }, "number 3 came behind 1"},
		"a chat twice": {func(_ *Journal, w *Watch) {
			w.given = append(w.given, Given{Seen: Seen{Room: w.room}, end: true, when: 27}, w.given[2])
		}, "number 3 came behind 3"},
		"another text":              {func(_ *Journal, w *Watch) { w.given[2].text++ }, "which is not what is stored"},
		"a chat of another room":    {func(j *Journal, w *Watch) { w.given[2].Seen = j.Rows[3] }, "in which they never were"},
		"a chat that was not there": {func(_ *Journal, w *Watch) { w.given[2].ID = uuid.New() }, "which is not what is stored"},
		"the stream was ended":      {func(_ *Journal, w *Watch) { w.ended = "FORBIDDEN" }, "was ended: FORBIDDEN"},
		"a move is refused":         {func(j *Journal, _ *Watch) { j.moves[1].refused = "NOT_FOUND" }, "refused or never answered: NOT_FOUND"},
		"a move is never answered":  {func(j *Journal, _ *Watch) { j.moves[2].answered = 0 }, "refused or never answered"},
	} {
		t.Run(name, func(t *testing.T) {
			j, w := comings()
			c.spoil(j, w)
			if wrong := j.Check(); !strings.Contains(strings.Join(wrong, "\n"), c.want) {
				t.Errorf("found %q, want %q", wrong, c.want)
			}
		})
	}
}
