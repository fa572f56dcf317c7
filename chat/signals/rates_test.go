package signals

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/ent"
)

// A carrier keeps what is sent, and when, by person and room; nobody hears it.
type carrier struct {
	t    *testing.T
	now  time.Time
	sent map[slot][]carried
}

type carried struct {
	at       time.Time
	lastRead int
	preview  string
}

func (c *carrier) Signal(_ string, content []byte) {
	var one signal
	if err := json.Unmarshal(content, &one); err != nil {
		c.t.Fatal(err)
	}
	told := carried{at: c.now, preview: string(one.Preview)}
	if one.Member != nil {
		told.lastRead = one.Member.LastRead
	}
	c.sent[one.slot()] = append(c.sent[one.slot()], told)
}

func (c *carrier) Signals(ctx context.Context, _ func([]byte)) error { return ctx.Err() }

// However often somebody reads on, it is told once in a second of each person and room, and then how far they have come; also
// the last, when nothing more comes.
func TestReadingIsToldOnceASecond(t *testing.T) {
	c := &carrier{t: t, now: time.Unix(1e9, 0), sent: map[slot][]carried{}}
	s := New(Options{Carrier: c, Now: func() time.Time { return c.now }, MaxBytes: 6 << 10})
	people := []access.Caller{{ID: uuid.New(), Username: "ann"}, {ID: uuid.New(), Username: "bob"}}
	rooms := []*ent.Room{{ID: uuid.New()}, {ID: uuid.New()}}
	as := access.Standing{Member: &access.Membership{ID: uuid.New()}}
	number := 0
	for c.now.Before(time.Unix(1e9, 0).Add(9950 * time.Millisecond)) { // a round each 100 ms, and ten calls
		for range 10 {
			number++
			for _, who := range people {
				for _, in := range rooms {
					s.MemberRead(access.Room{Room: in, As: as}, who, number)
				}
			}
		}
		s.round(t.Context())
		c.now = c.now.Add(100 * time.Millisecond)
	}
	c.now = c.now.Add(time.Second)
	s.round(t.Context())
	c.now = c.now.Add(time.Minute)
	s.round(t.Context())
	for _, who := range people {
		for _, in := range rooms {
			told := c.sent[slot{in.ID, who.ID, roomlog.MemberRead}]
			if len(told) != 11 || told[10].lastRead != number {
				t.Fatalf("told %v, and read are %d", told, number)
			}
			for i, one := range told[1:] {
				if one.at.Sub(told[i].at) < time.Second || one.lastRead <= told[i].lastRead {
					t.Errorf("told %v", told)
				}
			}
		}
	}
}
