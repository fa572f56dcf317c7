// Package members measures what comes with rooms for some: streams of all rooms that somebody is in, which are opened,
// wait and come back, and how soon whoever is removed from a room is given nothing more of it.
package members

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"time"

	"parley/bench/client"
	"parley/bench/process"
	"parley/bench/suite"
)

// allRooms is the stream of all rooms of a person.
const allRooms = `subscription($after:[Cursor!]){events(after:$after)` +
	`{kind cursor cursors username room{id} chat{id number username text createdAt}}}`

// crowded starts a server over the database with the crowd.
func crowded(ctx context.Context, s *suite.Suite) (*suite.Crowd, *process.Process, error) {
	crowd, err := s.NeedCrowd(ctx)
	if err != nil {
		return nil, nil, err
	}
	p, err := s.Parley(ctx, suite.CrowdData, "PARLEY_MAX_CONNECTIONS=8000") // which leaves files for those that become sockets
	return crowd, p, err
}

// A reader holds a socket with a stream of all rooms of one person.
type reader struct {
	socket  *client.Socket
	cursors []string // of the last CAUGHT_UP
}

// dial opens the socket of one.
func dial(ctx context.Context, url string, by client.User) (*reader, error) {
	socket, err := client.Dial(ctx, net.Dialer{}, url, by.Token)
	if err != nil {
		return nil, err
	}
	return &reader{socket: socket}, nil
}

// start starts the stream behind the cursors, if there are some, and returns what comes before CAUGHT_UP: how often
// there is a chat of each room.
func (r *reader) start() (map[string]int, error) {
	if err := r.socket.Start(allRooms, map[string]any{"after": r.cursors}); err != nil {
		return nil, err
	}
	chats := map[string]int{}
	for {
		message, err := r.socket.Next()
		if err != nil {
			return nil, err
		}
		if bytes.Contains(message, []byte(`"kind":"CAUGHT_UP"`)) {
			return chats, r.keepCursors(message)
		}
		room, err := chatOf(message)
		if err != nil {
			return nil, err
		}
		chats[room]++
	}
}

// chatOf is the room of a chat.
func chatOf(message []byte) (string, error) {
	const key = `"room":{"id":"`
	_, rest, found := bytes.Cut(message, []byte(key))
	if !found || !bytes.Contains(message, []byte(`"kind":"CHAT_SENT"`)) {
		if err := client.RefusedBy(message); err != nil {
			return "", err
		}
		return "", fmt.Errorf("no chat but %.300s", message)
	}
	id, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(id), nil
}

func (r *reader) keepCursors(caughtUp []byte) error {
	var m struct {
		Payload struct {
			Data struct{ Events struct{ Cursors []string } }
		}
	}
	err := json.Unmarshal(caughtUp, &m)
	r.cursors = m.Payload.Data.Events.Cursors
	return err
}

// pause waits as long as a server may need to become quiet.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
