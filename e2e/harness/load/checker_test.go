package load

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// faultless is the journal of a run without a fault: six chats in two rooms, one after the other, and
// a reader in each.
func faultless() *Journal {
	j := &Journal{heads: map[uuid.UUID]head{}}
	for r := range 2 {
		room := uuid.New()
		reader := &Life{reader: r, room: room, start: 1, last: true}
		for n := 1; n <= 3; n++ {
			c := Seen{Room: room, ID: uuid.New(), number: n, text: hashOf(fmt.Sprint(n))}
			at := time.Duration(10*r + n)
			j.Sends = append(j.Sends, &Send{room: room, ID: c.ID, text: c.text, called: 2 * at, Answered: 2*at + 1, answers: []Seen{c}})
			j.Rows = append(j.Rows, c)
			reader.Seen = append(reader.Seen, c)
		}
		j.Lives = append(j.Lives, reader)
		j.heads[room] = head{3, 3 + r, 3, r, 0, 0}
	}
	return j
}

func TestCheckerAcceptsWhatIsRight(t *testing.T) {
	j := faultless()
	j.Sends[0].answers = append(j.Sends[0].answers, j.Rows[0]) // sent again
	j.Sends[1].called = 0                                      // it was on its way for long, so it may be the first
	j.Lives = append(j.Lives,
		&Life{room: j.Rows[0].Room, Seen: j.Rows[1:3], last: true}, // began with whatever came
		&Life{room: j.Rows[0].Room, Seen: j.Rows[0:2]},             // was over before the end
		&Life{room: j.Rows[0].Room, last: true},                    // began when all was over
		&Life{room: j.Rows[0].Room, start: 3, Seen: j.Rows[2:3:3]}) // began at a page
	if wrong := j.Check(); len(wrong) > 0 {
		t.Errorf("a faultless journal: %q", wrong)
	}
}

// Each kind of fault is found and named.
func TestCheckerFindsEachFault(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(j *Journal)
		want  string
	}{
		"an answered chat is lost": {func(j *Journal) {
			j.Rows, j.Lives[1].Seen = j.Rows[:5], j.Lives[1].Seen[:2]
			j.heads[j.Rows[3].Room] = head{2, 3, 2, 1, 0, 0}
		}, "was answered as number 3 and is lost"},
		"one id is stored twice": {func(j *Journal) {
			again := j.Rows[5]
			again.number = 4
			j.Rows = append(j.Rows, again)
		}, "is stored twice"},
		"a repeat has another answer": {func(j *Journal) {
			again := j.Rows[0]
			again.number = 2
			j.Sends[0].answers = append(j.Sends[0].answers, again)
		}, "and is stored as"},
		"an answer of another text":    {func(j *Journal) { j.Sends[0].answers[0].text++ }, "and is stored as"},
		"an answer of another chat":    {func(j *Journal) { j.Sends[0].answers[0].ID = uuid.New() }, "and is stored as"},
		"a chat is refused":            {func(j *Journal) { j.Sends[0].refused = "INTERNAL_SERVER_ERROR" }, "was refused: INTERNAL"},
		"a chat is never answered":     {func(j *Journal) { j.Sends[0].answers = nil }, "was never answered"},
		"a chat that nobody sent":      {func(j *Journal) { j.Sends = j.Sends[1:] }, "was not sent as it is stored"},
		"a chat of another text":       {func(j *Journal) { j.Sends[0].text++ }, "was not sent as it is stored"},
		"a chat in another room":       {func(j *Journal) { j.Sends[0].room = j.Rows[5].Room }, "was not sent as it is stored"},
		"a hole in the numbers":        {func(j *Journal) { j.Rows[2].number = 4 }, "number 4 stands where 3 belongs"},
		"a number twice":               {func(j *Journal) { j.Rows[2].number = 2 }, "number 2 stands where 3 belongs"},
		"numbers that begin above one": {func(j *Journal) { j.Rows = j.Rows[1:] }, "number 2 stands where 1 belongs"},
		"a head below the chats":       {func(j *Journal) { j.heads[j.Rows[0].Room] = head{2, 3, 3, 0, 0, 0} }, "and its head is"},
		"a log longer than the chats":  {func(j *Journal) { j.heads[j.Rows[0].Room] = head{3, 3, 4, 0, 0, 0} }, "and its head is"},
		"an event too many":            {func(j *Journal) { j.heads[j.Rows[0].Room] = head{3, 4, 3, 0, 0, 0} }, "and its head is"},
		"a member who is not counted":  {func(j *Journal) { j.heads[j.Rows[0].Room] = head{3, 3, 3, 0, 0, 1} }, "and its head is"},
		"a head without chats":         {func(j *Journal) { j.heads[uuid.New()] = head{1, 1, 1, 0, 0, 0} }, "holds 0 chats"},
		"a reader misses one":          {func(j *Journal) { l := j.Lives[0]; l.Seen = append(l.Seen[:1:1], l.Seen[2]) }, "number 3 came instead of 2"},
		"a reader gets one twice":      {func(j *Journal) { l := j.Lives[0]; l.Seen = append(l.Seen, l.Seen[2]) }, "number 3 came instead of 4"},
		"a reader goes back":           {func(j *Journal) { l := j.Lives[0]; l.Seen[0], l.Seen[1] = l.Seen[1], l.Seen[0] }, "number 2 came instead of 1"},
		"a reader misses the first":    {func(j *Journal) { l := j.Lives[0]; l.Seen = l.Seen[1:] }, "number 2 came instead of 1"},
		"a reader misses the last":     {func(j *Journal) { l := j.Lives[0]; l.Seen = l.Seen[:2] }, "is at number 2 of 3"},
		"a reader gets nothing":        {func(j *Journal) { j.Lives[0].Seen = nil }, "is at number 0 of 3"},
		"a reader sees another chat":   {func(j *Journal) { j.Lives[0].Seen[1].ID = uuid.New() }, "which is not what is stored"},
		"a reader sees another text":   {func(j *Journal) { j.Lives[0].Seen[1].text++ }, "which is not what is stored"},
		"a reader sees too much": {func(j *Journal) {
			l := j.Lives[0]
			l.Seen = append(l.Seen, Seen{Room: l.room, ID: uuid.New(), number: 4})
		}, "which is not what is stored"},
		"a reader is sent away": {func(j *Journal) { j.Lives[0].ended = "CURSOR_DIVERGED" }, "was ended: CURSOR_DIVERGED"},
		"real time is not kept": {func(j *Journal) { j.Sends[0].called, j.Sends[0].Answered = 100, 101 }, "became number 1, but number 3 was answered before it was sent"},
	} {
		t.Run(name, func(t *testing.T) {
			j := faultless()
			c.spoil(j)
			if wrong := j.Check(); !strings.Contains(strings.Join(wrong, "\n"), c.want) {
				t.Errorf("found %q, want %q", wrong, c.want)
			}
		})
	}
}
