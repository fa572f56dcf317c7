package sends

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/report"
	"parley/bench/suite"
)

const refreshDocument = `mutation($token:String!){refreshToken(token:$token){refreshToken}}`

// Single lets one client send chats and another refresh a token again and again, and one send
// chats to a bare server that stores each in a transaction of its own, in turn.
func Single(ctx context.Context, s *suite.Suite) error {
	bare, err := s.StartCopy(ctx, "single", "bare_single")
	if err != nil {
		return err
	}
	inserts, err := load.NewSender(client.BareRoute(bare.URL), s.Users[0], s.RoomIDs[0], suite.TextSize)
	if err != nil {
		return err
	}
	sends, err := load.NewSender(client.ParleyRoute(s.Main.URL), s.Users[0], s.RoomIDs[0], suite.TextSize)
	if err != nil {
		return err
	}
	refreshes := &refresher{to: client.ParleyRoute(s.Main.URL), token: s.Users[0].Refresh, conn: client.NewConn(client.HostOf(s.Main.URL))}
	var ours, theirs, sent []float64
	for round := range s.Rounds + 1 {
		if err := refreshes.run(ctx, s.Round/2); err != nil {
			return err
		}
		load.SendAll(ctx, []*load.Sender{inserts}, s.Round/2)
		load.SendAll(ctx, []*load.Sender{sends}, s.Round/2)
		if round > 0 {
			ours = append(ours, report.Millis(refreshes.times.Quantile(0.5)))
			theirs = append(theirs, report.Millis(inserts.Times.Quantile(0.5)))
			sent = append(sent, report.Millis(sends.Times.Quantile(0.5)))
		}
	}
	for _, one := range []*load.Sender{inserts, sends} {
		s.Report.Faults.Merge(load.WrongCodes(one.Codes))
		one.Conn.Close()
	}
	refreshes.conn.Close()
	s.Report.Add("lone_send_p50_ms", report.Median(sent))
	s.Report.Add("refresh_p50_ms", report.Median(ours))
	s.Report.Add("bare_insert_p50_ms", report.Median(theirs))
	s.Report.AtMost(1.5, "send, one client: median time, Parley / one bare durable insert", report.Over(sent, theirs))
	s.Report.AtMost(3, "refresh, one client: median time, Parley / one bare durable insert", report.Over(ours, theirs))
	return bare.Stop()
}

// A refresher exchanges its token for the next one, over and over.
type refresher struct {
	to    client.Route
	conn  *client.Conn
	token string
	times report.Histogram
}

func (r *refresher) run(ctx context.Context, d time.Duration) error {
	r.times = report.Histogram{}
	for start := time.Now(); time.Since(start) < d && ctx.Err() == nil; {
		if err := r.once(); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (r *refresher) once() error {
	request, err := client.Encode(r.to, client.User{}, map[string]any{"query": refreshDocument, "variables": map[string]any{"token": r.token}})
	if err != nil {
		return err
	}
	start := time.Now()
	status, body, err := r.conn.Do(request)
	took := time.Since(start)
	var answer struct {
		Data struct{ RefreshToken struct{ RefreshToken string } }
	}
	if err != nil || json.Unmarshal(body, &answer) != nil || answer.Data.RefreshToken.RefreshToken == "" {
		return fmt.Errorf("refresh: %s", client.CodeOf(status, body, err))
	}
	r.token = answer.Data.RefreshToken.RefreshToken
	r.times.Record(took)
	return nil
}
