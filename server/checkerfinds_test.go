package server

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// faultless is the journal of a run without a fault: six chats in two rooms, one after the other, and
// a reader in each.
func faultless() *journal {
	j := &journal{heads: map[uuid.UUID]head{}}
	for r := range 2 {
		room := uuid.New()
		reader := &life{reader: r, room: room, start: 1, last: true}
		for n := 1; n <= 3; n++ {
			c := seen{room: room, id: uuid.New(), number: n, text: hashOf(fmt.Sprint(n))}
			at := time.Duration(10*r + n)
			j.sends = append(j.sends, &send{room: room, id: c.id, text: c.text, called: 2 * at, answered: 2*at + 1, answers: []seen{c}})
			j.rows = append(j.rows, c)
			reader.seen = append(reader.seen, c)
		}
		j.lives = append(j.lives, reader)
		j.heads[room] = head{3, 3, 3}
	}
	return j
}

func TestCheckerAcceptsWhatIsRight(t *testing.T) {
	j := faultless()
	j.sends[0].answers = append(j.sends[0].answers, j.rows[0]) // sent again
	j.sends[1].called = 0                                      // it was on its way for long, so it may be the first
	j.lives = append(j.lives,
		&life{room: j.rows[0].room, seen: j.rows[1:3], last: true}, // began with whatever came
		&life{room: j.rows[0].room, seen: j.rows[0:2]},             // was over before the end
		&life{room: j.rows[0].room, last: true},                    // began when all was over
		&life{room: j.rows[0].room, start: 3, seen: j.rows[2:3:3]}) // began at a page
	if wrong := j.check(); len(wrong) > 0 {
		t.Errorf("a faultless journal: %q", wrong)
	}
}

// Each kind of fault is found and named.
func TestCheckerFindsEachFault(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(j *journal)
		want  string
	}{
		"an answered chat is lost": {func(j *journal) {
			j.rows, j.lives[1].seen = j.rows[:5], j.lives[1].seen[:2]
			j.heads[j.rows[3].room] = head{2, 2, 2}
		}, "was answered as number 3 and is lost"},
		"one id is stored twice": {func(j *journal) {
			again := j.rows[5]
			again.number = 4
			j.rows = append(j.rows, again)
		}, "is stored twice"},
		"a repeat has another answer": {func(j *journal) {
			again := j.rows[0]
			again.number = 2
			j.sends[0].answers = append(j.sends[0].answers, again)
		}, "and is stored as"},
		"an answer of another text":    {func(j *journal) { j.sends[0].answers[0].text++ }, "and is stored as"},
		"an answer of another chat":    {func(j *journal) { j.sends[0].answers[0].id = uuid.New() }, "and is stored as"},
		"a chat is refused":            {func(j *journal) { j.sends[0].refused = "INTERNAL_SERVER_ERROR" }, "was refused: INTERNAL"},
		"a chat is never answered":     {func(j *journal) { j.sends[0].answers = nil }, "was never answered"},
		"a chat that nobody sent":      {func(j *journal) { j.sends = j.sends[1:] }, "was not sent as it is stored"},
		"a chat of another text":       {func(j *journal) { j.sends[0].text++ }, "was not sent as it is stored"},
		"a chat in another room":       {func(j *journal) { j.sends[0].room = j.rows[5].room }, "was not sent as it is stored"},
		"a hole in the numbers":        {func(j *journal) { j.rows[2].number = 4 }, "number 4 stands where 3 belongs"},
		"a number twice":               {func(j *journal) { j.rows[2].number = 2 }, "number 2 stands where 3 belongs"},
		"numbers that begin above one": {func(j *journal) { j.rows = j.rows[1:] }, "number 2 stands where 1 belongs"},
		"a head below the chats":       {func(j *journal) { j.heads[j.rows[0].room] = head{2, 3, 3} }, "and its head is"},
		"a log longer than the chats":  {func(j *journal) { j.heads[j.rows[0].room] = head{3, 3, 4} }, "and its head is"},
		"a head without chats":         {func(j *journal) { j.heads[uuid.New()] = head{1, 1, 1} }, "holds 0 chats"},
		"a reader misses one":          {func(j *journal) { l := j.lives[0]; l.seen = append(l.seen[:1:1], l.seen[2]) }, "number 3 came instead of 2"},
		"a reader gets one twice":      {func(j *journal) { l := j.lives[0]; l.seen = append(l.seen, l.seen[2]) }, "number 3 came instead of 4"},
		"a reader goes back":           {func(j *journal) { l := j.lives[0]; l.seen[0], l.seen[1] = l.seen[1], l.seen[0] }, "number 2 came instead of 1"},
		"a reader misses the first":    {func(j *journal) { l := j.lives[0]; l.seen = l.seen[1:] }, "number 2 came instead of 1"},
		"a reader misses the last":     {func(j *journal) { l := j.lives[0]; l.seen = l.seen[:2] }, "is at number 2 of 3"},
		"a reader gets nothing":        {func(j *journal) { j.lives[0].seen = nil }, "is at number 0 of 3"},
		"a reader sees another chat":   {func(j *journal) { j.lives[0].seen[1].id = uuid.New() }, "which is not what is stored"},
		"a reader sees another text":   {func(j *journal) { j.lives[0].seen[1].text++ }, "which is not what is stored"},
		"a reader sees too much": {func(j *journal) {
			l := j.lives[0]
			l.seen = append(l.seen, seen{room: l.room, id: uuid.New(), number: 4})
		}, "which is not what is stored"},
		"a reader is sent away": {func(j *journal) { j.lives[0].ended = "CURSOR_DIVERGED" }, "was ended: CURSOR_DIVERGED"},
		"real time is not kept": {func(j *journal) { j.sends[0].called, j.sends[0].answered = 100, 101 }, "became number 1, but number 3 was answered before it was sent"},
	} {
		t.Run(name, func(t *testing.T) {
			j := faultless()
			c.spoil(j)
			if wrong := j.check(); !strings.Contains(strings.Join(wrong, "\n"), c.want) {
				t.Errorf("found %q, want %q", wrong, c.want)
			}
		})
	}
}
