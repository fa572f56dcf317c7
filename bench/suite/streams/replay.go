package streams

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/report"
	"parley/bench/suite"
)

const (
	replaySockets = 20
	replayChats   = 300
)

// Replay looks at live deliveries alone, and while one person reads the same long room from its start over many
// sockets, each with a document of its own that shows large texts many times. A first round only warms up.
func Replay(ctx context.Context, s *suite.Suite) error {
	st := scenario{name: "replay", subscribers: s.Subscribers / 5, rooms: 1, publishers: 1, rate: 100, round: s.Round}
	alone, err := open(ctx, s, suite.Parley, st)
	if err != nil {
		return err
	}
	defer alone.subscribers.Close()
	defer load.CloseAll(alone.publishers)
	beside := alone.again()
	long, err := longRoom(ctx, s, alone.process.URL)
	if err != nil {
		return err
	}
	for round := range s.Rounds + 1 {
		if err := alone.measure(ctx, st.round, round > 0); err != nil {
			return err
		}
		stop, err := replayers(ctx, s, alone.process.URL, long)
		if err == nil {
			err = beside.measure(ctx, st.round, round > 0)
			s.Report.Add("replayed_mib", stop()>>20)
		}
		if err != nil {
			return err
		}
	}
	reportReplay(&s.Report, alone, beside)
	return finish(ctx, s, "replay", alone)
}

func reportReplay(r *report.Report, alone, beside *side) {
	r.Add("replay_alone_p50_ms", report.Median(alone.medians))
	r.Add("replay_beside_p50_ms", report.Median(beside.medians))
	r.Add("replay_alone_p99_ms", report.Median(alone.p99s))
	r.Add("replay_beside_p99_ms", report.Median(beside.p99s))
	r.AtMost(1.25, "one person replays over 20 sockets: median time of others' deliveries / alone", report.Over(beside.medians, alone.medians))
}

// longRoom has chats that are as large as JSON can make them.
func longRoom(ctx context.Context, s *suite.Suite, url string) (*load.Room, error) {
	owner := client.API{URL: url, Token: s.LoginUsers[0].Token}
	id, err := owner.CreateRoom(ctx)
	if err != nil {
		return nil, err
	}
	start, err := owner.SyncCursor(ctx, id)
	if err != nil {
		return nil, err
	}
	text := strings.Repeat("\u0001", 10_000)
	for range replayChats {
		err := owner.Ask(ctx, `mutation($r:ID!,$t:String!){sendChat(room:$r,text:$t){id}}`, map[string]any{"r": id, "t": text}, &struct{}{})
		if err != nil {
			return nil, fmt.Errorf("fill a room: %w", err)
		}
	}
	return &load.Room{ID: id, Cursor: start}, nil
}

// replayers read a room from its start and look at nothing; stop ends that and returns how many bytes came.
func replayers(ctx context.Context, s *suite.Suite, url string, in *load.Room) (stop func() int64, err error) {
	var reading sync.WaitGroup
	var conns []net.Conn
	bytes := make([]int64, replaySockets)
	stop = func() (sum int64) {
		for _, conn := range conns {
			_ = conn.SetReadDeadline(time.Unix(1, 0))
		}
		reading.Wait()
		for i, conn := range conns {
			_ = conn.Close()
			sum += bytes[i]
		}
		return sum
	}
	for i := range replaySockets {
		one, err := load.Subscribe(ctx, url, s.LoginUsers[0], in, replayDocument(i))
		if err != nil {
			stop()
			return nil, err
		}
		conns = append(conns, one.Conn)
		reading.Go(func() { bytes[i], _ = io.Copy(io.Discard, one.Conn) })
	}
	return stop, nil
}

// replayDocument shows a text as often as an event may, under names that no other has.
func replayDocument(i int) string {
	var names strings.Builder
	for k := range 4 {
		fmt.Fprintf(&names, " t%d_%d: text", i, k)
	}
	return `subscription($room:ID!,$after:Cursor){chatSent(room:$room,after:$after){` + names.String() + `}}`
}
