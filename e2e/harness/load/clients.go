package load

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"parley/e2e/harness"
)

// A Sender sends one chat after the other, and repeats each under its id until it is answered.
type Sender struct {
	*Torture
	token string
	sends []*Send
	Cut   int            // calls that no answer came to
	Told  map[string]int // codes of answers after which the API says: send it again
}

// run sends until stop is closed; what has been called by then is answered first.
func (s *Sender) run(ctx context.Context, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-ctx.Done():
			return
		default:
		}
		s.send(ctx, s.Rooms[rand.IntN(len(s.Rooms))])
		if s.Pace > 0 {
			pause(ctx, s.Pace)
		}
		if rand.IntN(8) == 0 { // an id that was answered, perhaps many restarts ago
			s.call(ctx, s.sends[rand.IntN(len(s.sends))], "another text")
		}
	}
}

// send sends a new chat.
func (s *Sender) send(ctx context.Context, room uuid.UUID) {
	id := uuid.New()
	text := fmt.Sprintf("chat %s, of %d", id, len(s.sends))
	one := &Send{room: room, ID: id, text: hashOf(text), called: time.Since(s.Began)}
	s.sends = append(s.sends, one)
	s.call(ctx, one, text)
}

// SendDocument sends a chat under an id.
const SendDocument = `mutation($room: ID!, $text: String!, $id: ID) { sendChat(room: $room, text: $text, id: $id) { id number text } }`

// Called is a chat as the API says it.
type Called struct {
	ID     uuid.UUID
	Number int
	Text   string
	Cursor string
}

func (c Called) in(room uuid.UUID) Seen {
	return Seen{Room: room, ID: c.ID, number: c.Number, text: hashOf(c.Text)}
}

// call repeats a send until it is answered.
func (s *Sender) call(ctx context.Context, one *Send, text string) {
	for {
		at, ok := s.Servers.get(ctx)
		if !ok {
			return
		}
		if s.Home != nil {
			at = s.Home(one.room)
		}
		a, err := s.Post(ctx, at, s.token, SendDocument, map[string]any{"room": one.room, "text": text, "id": one.ID})
		switch {
		case err != nil:
			s.Cut++
		case a.Retryable():
			if s.Told == nil {
				s.Told = map[string]int{}
			}
			s.Told[a.Code()]++
		default:
			s.take(one, at, a)
			return
		}
		pause(ctx, s.Rest)
	}
}

// take notes the answer to a send, which is final.
func (s *Sender) take(one *Send, at string, a harness.Answer) {
	var data struct{ SendChat Called }
	if len(a.Errors) > 0 {
		one.refused = cmp.Or(a.Body, a.Code())
		return
	}
	if err := json.Unmarshal(a.Data, &data); err != nil {
		one.refused = err.Error()
		return
	}
	if one.Answered == 0 {
		one.Answered, one.At = time.Since(s.Began), at
	}
	one.answers = append(one.answers, data.SendChat.in(one.room))
	select {
	case s.answered <- struct{}{}:
	default:
	}
}

// errEnded means that the server ended a stream that it should not have ended.
var errEnded = errors.New("ended for good")

// TailPage is the newest page of a room and the cursor behind it.
type TailPage struct {
	Nodes      []Called
	PageInfo   struct{ HasNextPage bool }
	SyncCursor *string
}
