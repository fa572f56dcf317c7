package members

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/process"
	"parley/bench/report"
)

// A victim is a member who will be removed.
type victim struct {
	user      client.User
	listeners []*listener
	removed   time.Time // when that was asked for
}

// A listener is a socket of theirs.
type listener struct {
	socket *client.Socket
	end    string         // what its last message has in it
	given  chan struct{}  // closed after the first chat
	ended  chan time.Time // has the time of the last message
	failed chan error     // has what the socket ended with
	over   chan struct{}  // closed when nobody reads any more
	late   atomic.Int64   // messages behind the last

	chats report.Histogram // time from before a chat was sent until it came; once it is over
}

// listen makes people members and has each listen on all nodes, to the chats of the room and to all rooms of theirs, until
// all have been given a chat.
func listen(ctx context.Context, nodes []*process.Process, owner client.API, room string, users []client.User) ([]*victim, error) {
	victims := make([]*victim, len(users))
	for i, u := range users {
		victims[i] = &victim{user: u}
	}
	err := load.InParallel(ctx, len(users), func(ctx context.Context, i int) error {
		err := owner.Ask(ctx, `mutation($r:ID!,$u:ID!){addMember(room:$r,user:$u){id}}`, map[string]any{"r": room, "u": users[i].ID}, &struct{}{})
		if err != nil {
			return fmt.Errorf("add a member: %w", err)
		}
		for _, node := range nodes {
			err1 := victims[i].listen(ctx, node.URL, client.ChatSentDocument, room, `"type":"error"`)
			err2 := victims[i].listen(ctx, node.URL, allRooms, room, `"kind":"MEMBER_REMOVED","cursor":`)
			if err := errors.Join(err1, err2); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = awaitChats(victims)
	}
	return victims, err
}

// awaitChats waits until each socket has been given a chat.
func awaitChats(victims []*victim) error {
	for _, v := range victims {
		for _, l := range v.listeners {
			select {
			case <-l.given:
			case err := <-l.failed:
				return err
			}
		}
	}
	return nil
}

// listen opens one more socket.
func (v *victim) listen(ctx context.Context, url, document, room, end string) error {
	socket, err := client.Dial(ctx, net.Dialer{}, url, v.user.Token)
	if err != nil {
		return err
	}
	l := &listener{socket: socket, end: end, given: make(chan struct{}), ended: make(chan time.Time, 1), failed: make(chan error, 1), over: make(chan struct{})}
	v.listeners = append(v.listeners, l)
	if document == allRooms {
		err = socket.Start(document, nil)
	} else {
		err = socket.Subscribe(document, room, "")
	}
	go l.run(v.user.Name)
	return err
}

// run reads until the socket is closed. Others are removed before; of all rooms one sees that.
func (l *listener) run(name string) {
	defer close(l.over)
	given, over := false, false
	for {
		message, err := l.socket.Next()
		if err != nil {
			l.failed <- err
			return
		}
		switch {
		case over:
			l.late.Add(1)
		case bytes.Contains(message, []byte(l.end)) && (l.end == `"type":"error"` || bytes.Contains(message, []byte(`"username":"`+name+`","room"`))):
			over = true
			l.ended <- time.Now()
		default:
			if l.takeChat(message) && !given {
				given = true
				close(l.given)
			}
		}
	}
}

// takeChat notes how long a message took, if it is a chat.
func (l *listener) takeChat(message []byte) bool {
	_, text, is := bytes.Cut(message, []byte(`"text":"`))
	if is {
		l.chats.Record(time.Since(client.Epoch) - client.StampOf(text))
	}
	return is
}

// closeVictims closes all sockets and waits for who reads them.
func closeVictims(victims []*victim) {
	for _, v := range victims {
		for _, l := range v.listeners {
			l.socket.Close()
			<-l.over
		}
	}
}
