package streams

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/process"
	"parley/bench/report"
	"parley/bench/suite"
)

const (
	reactedDocument = `subscription($room:ID!,$after:Cursor!){events(rooms:[$room],after:[$after]){kind emoji actor{username}chat{id number text reactions{emoji count users{username}}}}}`
	reactDocument   = `mutation($chat:ID!,$on:Boolean!){react(chat:$chat,emoji:"👍",on:$on){id}}`
	reactionsEvery  = 50 * time.Millisecond
)

// A reacting is a room in which chats are sent and reacted to.
type reacting struct {
	process *process.Process
	all     hearers
	n       int // of all
	chats   *load.Sender
	as      client.API
	chat    string // what is reacted to
	on      bool   // the reaction is there
}

// Reactions has 20 reactions a second come to one chat, put there and taken off in turn, and in turn with that 20 chats a second,
// over the same sockets.
func Reactions(ctx context.Context, s *suite.Suite) error {
	r, err := openReacting(ctx, s)
	if err != nil {
		return err
	}
	executions, cpus, chatCPUs, err := r.inTurn(ctx, s)
	r.all.leave(s)
	r.chats.Conn.Close()
	if err != nil {
		return err
	}
	s.Report.Faults.Merge(load.WrongCodes(r.chats.Codes))
	s.Report.Add("reaction_cpu_us_per_delivery", report.Median(cpus))
	s.Report.Add("reaction_chat_cpu_us_per_delivery", report.Median(chatCPUs))
	what := fmt.Sprintf("20 reactions/s to %d subscribers: ", s.Subscribers)
	s.Report.AtMost(1, what+"executions a reaction", executions)
	s.Report.Compare(what+"CPU a delivery / that of 20 chats/s", report.Over(cpus, chatCPUs))
	return r.process.Stop()
}

// inTurn measures rounds of chats and of reactions: executions of each reaction, and CPU of a delivery of both.
func (r *reacting) inTurn(ctx context.Context, s *suite.Suite) (executions, cpus, chatCPUs []float64, err error) {
	for round := range s.Rounds + 1 {
		_, chatCPU, err := r.measure(ctx, func() (int, error) {
			load.SendAll(ctx, []*load.Sender{r.chats}, 2*s.Round)
			return r.chats.Times.N, nil
		})
		if err != nil {
			return nil, nil, nil, err
		}
		each, cpu, err := r.measure(ctx, func() (int, error) { return r.react(ctx, 2*s.Round) })
		if err != nil {
			return nil, nil, nil, err
		}
		if round > 0 {
			executions, cpus, chatCPUs = append(executions, each), append(cpus, cpu), append(chatCPUs, chatCPU)
		}
	}
	return executions, cpus, chatCPUs, nil
}

// openReacting starts a server that shows its metrics, and gives it subscribers and the chat.
func openReacting(ctx context.Context, s *suite.Suite) (*reacting, error) {
	const dir = "reactions"
	if err := s.CopySeed(dir); err != nil {
		return nil, err
	}
	p, err := s.Parley(ctx, dir, "PARLEY_METRICS_ADDR=127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &reacting{process: p, n: s.Subscribers, as: client.API{URL: p.URL, Token: s.Users[0].Token}}
	var sent struct{ SendChat struct{ ID string } }
	send := map[string]any{"room": s.RoomIDs[0], "text": "what do you think?"}
	if err := r.as.Ask(ctx, `mutation($room:ID!,$text:String!){sendChat(room:$room,text:$text){id}}`, send, &sent); err != nil {
		return nil, err
	}
	r.chat = sent.SendChat.ID
	after, err := r.as.SyncCursor(ctx, s.RoomIDs[0])
	if err != nil {
		return nil, err
	}
	if r.chats, err = load.NewSender(client.ParleyRoute(p.URL), s.Users[0], s.RoomIDs[0], suite.TextSize); err != nil {
		return nil, err
	}
	r.chats.Interval = reactionsEvery
	err = r.all.open(ctx, s, p.URL, &load.Room{ID: s.RoomIDs[0], Cursor: after}, hearing{reactedDocument, r.n})
	if err == nil {
		_, _, err = r.measure(ctx, func() (int, error) { return r.react(ctx, 0) }) // all are live behind it
	}
	if err != nil {
		r.all.leave(s)
	}
	return r, err
}

// measure returns how many executions there were of each event of a kind, and the server's CPU of a delivery in µs.
func (r *reacting) measure(ctx context.Context, make func() (events int, err error)) (executions, cpu float64, err error) {
	const executed = "parley_executions_total"
	before, err1 := process.Metric(ctx, r.process, executed)
	heard := r.all.heard.Load()
	cpuBefore, err2 := process.CPUOf(r.process.PID())
	events, err3 := make()
	if err := errors.Join(err1, err2, err3); err != nil {
		return 0, 0, err
	}
	deliveries := int64(events) * int64(r.n)
	if err := r.all.await(ctx, heard+deliveries); err != nil {
		return 0, 0, err
	}
	cpuAfter, err1 := process.CPUOf(r.process.PID())
	after, err2 := process.Metric(ctx, r.process, executed)
	return (after - before) / float64(events), report.Micros(cpuAfter-cpuBefore) / float64(deliveries), errors.Join(err1, err2)
}

// react does so for d, once at least.
func (r *reacting) react(ctx context.Context, d time.Duration) (n int, err error) {
	for start, due := time.Now(), time.Now(); n == 0 || time.Since(start) < d; n++ {
		r.on = !r.on
		if err := r.as.Ask(ctx, reactDocument, map[string]any{"chat": r.chat, "on": r.on}, &struct{}{}); err != nil {
			return n, fmt.Errorf("react: %w", err)
		}
		due = due.Add(reactionsEvery)
		time.Sleep(time.Until(due))
	}
	return n, nil
}
