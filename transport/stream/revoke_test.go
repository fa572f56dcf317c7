package stream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"parley/transport/stream/window"
)

var errGone, errForbidden = errors.New("the room is gone"), errors.New("not allowed")

// A judgedLog is read in pages of two events, and names who is revoked in it. Behind the revocation of everybody it
// holds nothing else.
type judgedLog struct {
	memoryLog
	out    map[string]string // the verdict about a user: the last event that they are given, or that they may read
	judged []string
}

const mayRead = "may read"

// add appends events: "bob-" revokes bob, "-" everybody.
func (l *judgedLog) add(events ...string) {
	for _, text := range events {
		e := Event{Position: Position{Place: int64(len(l.events) + 1), Tag: 1}, Object: text}
		if who, revokes := strings.CutSuffix(text, "-"); revokes {
			e.Revokes = &Revocation{Of: who, Why: errGone}
		}
		l.events = append(l.events, e)
	}
}

func (l *judgedLog) Next(ctx context.Context, at Position) ([]Event, error) {
	if n := len(l.events); n > 0 && l.events[n-1].Revokes.IsOfAll() && at.Place < int64(n) {
		return l.events[n-1:], nil
	}
	events, err := l.memoryLog.Next(ctx, at)
	return events[:min(2, len(events))], err
}

// judges returns what judges a user.
func (l *judgedLog) judges(user string) func(context.Context, string) (Verdict, error) {
	return func(context.Context, string) (Verdict, error) {
		l.judged = append(l.judged, user)
		if last := l.out[user]; last != mayRead {
			at := slices.IndexFunc(l.events, func(e Event) bool { return e.Revokes != nil && e.Revokes.Of == user })
			return Verdict{Why: errForbidden, Last: Event{Position: l.events[at].Position, Object: last}}, nil
		}
		end := l.events[len(l.events)-1]
		if end.Revokes.IsOfAll() {
			return Verdict{Why: errGone, Last: Event{Position: end.Position, Object: "end"}}, nil
		}
		return Verdict{Head: end.Position}, nil
	}
}

// A follower takes all it may, as outlets do.
type follower struct {
	sub  *Subscription
	got  []string
	end  error
	read func() // called once, between a read of the log and what is taken of it
}

// follow begins before the first event of some logs.
func follow(t *testing.T, feeds *Feeds, user string, logs ...*judgedLog) *follower {
	s := &Stream{Judge: func(ctx context.Context, log string) (Verdict, error) {
		i, _ := strconv.Atoi(log)
		return logs[i].judges(user)(ctx, log)
	}}
	for i, l := range logs {
		s.Logs = append(s.Logs, Log{Key: fmt.Sprint(i), Follow: func(func()) Tail { return l }})
	}
	x := &follower{read: func() {}}
	x.sub = feeds.Subscribe(Prepared{shows{}, &graphql.OperationContext{}}, s, user, x)
	t.Cleanup(x.sub.Leave)
	return x
}

func (x *follower) Signal(r *Reader, signals *Signals) { r.TakeSignals(nil, signals) }

func (x *follower) Serve(*Reader) int { return 0 }

func (x *follower) Append(b []byte, _ string, body []byte) []byte {
	x.got = append(x.got, strings.TrimSuffix(strings.TrimPrefix(string(body), `{"data":`), "}"))
	return append(b, body...)
}

// take returns what there was.
func (x *follower) take(ctx context.Context) string {
	for _, r := range x.sub.Readers() {
		for more := true; more && x.end == nil && ctx.Err() == nil; {
			page := r.Window()
			if page.IsBehind() {
				page = r.History(ctx)
				x.read()
				x.read = func() {}
			}
			step := r.Take(nil, page)
			more, x.end = step.More, step.End
		}
	}
	defer func() { x.got = nil }()
	return strings.Join(x.got, " ")
}

// readOn has the window of a user's feed hold all there is, or nothing of it.
func (x *follower) readOn(log int, empty bool) {
	f := x.sub.Readers()[log].feed
	f.due.Store(true)
	f.advance(1 << 20)
	if empty {
		f.feeds.quotas.Change(&f.Feed, (*window.Window).Emptied)
	}
}

// Whoever is revoked is given nothing any more that lies before it, wherever they stand, and the others are given
// everything.
func TestRevocations(t *testing.T) {
	events := strings.Fields("1 2 3 4 5 bob- 7 8")
	for name, c := range map[string]struct {
		verdict string // about bob
		all     bool   // everybody is revoked behind the events
		empty   bool   // the window is
		late    bool   // it is read on when that has happened
		bob     string
		bobs    error // how bob's stream ends
		ann     string
		judged  string
	}{
		"one":                           {"left", false, false, false, "left", errForbidden, "1 2 3 4 5 bob- 7 8", "bob"},
		"one, behind the window":        {"left", false, true, false, "left", errForbidden, "1 2 3 4 5 bob- 7 8", "ann bob"},
		"one who may go on":             {mayRead, false, false, false, "1 2 3 4 5 bob- 7 8", nil, "1 2 3 4 5 bob- 7 8", "bob"},
		"one who may, behind it":        {mayRead, false, true, false, "1 2 3 4 5 bob- 7 8", nil, "1 2 3 4 5 bob- 7 8", "ann bob"},
		"one, and then everybody":       {"left", true, false, false, "left", errForbidden, "-", "bob"},
		"one who came back, and then":   {mayRead, true, false, false, "end", errGone, "-", "bob"},
		"both, without the window":      {"left", true, true, false, "left", errForbidden, "end", "ann bob"},
		"both, of which one is gone":    {"left", true, false, true, "left", errForbidden, "end", "ann bob"},
		"everybody, without the window": {mayRead, true, true, false, "end", errGone, "end", "ann bob"},
	} {
		t.Run(name, func(t *testing.T) {
			log, feeds := &judgedLog{out: map[string]string{"ann": mayRead, "bob": c.verdict}}, newFeeds(1<<20)
			ann, bob := follow(t, feeds, "ann", log), follow(t, feeds, "bob", log)
			log.add(events...)
			if !c.late {
				ann.readOn(0, false)
			}
			if c.all {
				log.add("-")
			}
			ann.readOn(0, c.empty)
			if got := ann.take(t.Context()); got != c.ann || c.all != errors.Is(ann.end, errGone) {
				t.Errorf("ann was given %q, and %v", got, ann.end)
			}
			if got := bob.take(t.Context()); got != c.bob || !errors.Is(bob.end, c.bobs) {
				t.Errorf("bob was given %q, and %v", got, bob.end)
			}
			if got := strings.Join(log.judged, " "); got != c.judged {
				t.Errorf("%q were judged", got)
			}
			log.add("9")
			ann.readOn(0, false)
			if got := bob.take(t.Context()); bob.end != nil && got != "" || bob.end == nil && got != "9" {
				t.Errorf("later, bob was given %q", got)
			}
		})
	}
}

// A revocation that comes while the log is read for somebody is known before they take anything of what was read.
func TestRevocationDuringARead(t *testing.T) {
	for name, c := range map[string]struct{ revokes, want string }{"of one": {"bob-", "left"}, "of all": {"-", "-"}} {
		for _, empty := range []bool{false, true} {
			t.Run(fmt.Sprint(name, empty), func(t *testing.T) {
				log, feeds := &judgedLog{out: map[string]string{"ann": mayRead, "bob": "left"}}, newFeeds(1<<20)
				bob := follow(t, feeds, "bob", log)
				log.add(strings.Fields("1 2 3 4 5")...)
				bob.readOn(0, true)
				bob.read = func() {
					log.add(c.revokes)
					bob.readOn(0, empty)
				}
				if c.revokes == "-" {
					bob.sub.stream.Judge = nil // it is not needed
				}
				if got := bob.take(t.Context()); got != c.want {
					t.Errorf("bob was given %q", got)
				}
			})
		}
	}
}

// Who joins a feed late, and had been judged before its window began, is judged again.
func TestRevocationBeforeTheWindow(t *testing.T) {
	log, feeds := &judgedLog{out: map[string]string{"bob": "left"}}, newFeeds(1<<20)
	log.add(strings.Fields("1 2 3 4 5 bob- 7 8")...)
	s := &Stream{Logs: []Log{{Key: "0", At: Position{Place: 8, Tag: 1}, Head: Position{Place: 8, Tag: 1}, Follow: func(func()) Tail { return log }}}}
	ann := &follower{}
	ann.sub = feeds.Subscribe(Prepared{shows{}, &graphql.OperationContext{}}, s, "ann", ann)
	t.Cleanup(ann.sub.Leave)
	if got := follow(t, feeds, "bob", log).take(t.Context()); got != "left" {
		t.Errorf("bob was given %q", got)
	}
}

// A revocation ends one log of a stream, and the others go on. The last one says what the client is told.
func TestRevocationOfOneLogOfMany(t *testing.T) {
	first, second := &judgedLog{out: map[string]string{"bob": "left"}}, &judgedLog{out: map[string]string{"bob": mayRead}}
	feeds := newFeeds(1 << 20)
	bob := follow(t, feeds, "bob", first, second)
	add := func(log int, l *judgedLog, events ...string) string {
		l.add(events...)
		bob.readOn(log, false)
		return bob.take(t.Context())
	}
	for i, got := range []string{
		add(0, first, "1", "2"), add(0, first, "3", "bob-", "5"), add(1, second, "one", "two"), add(0, first, "6"), add(1, second, "three", "-"),
	} {
		if want := []string{"1 2", "left", "one two", "", "end"}[i]; got != want {
			t.Errorf("bob was given %q, want %q", got, want)
		}
	}
	if !errors.Is(bob.end, errGone) {
		t.Errorf("the stream ended with %v", bob.end)
	}
}
