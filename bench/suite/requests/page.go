// Package requests measures what is asked over HTTP besides sends: pages, logins with right and wrong passwords, and what
// a start takes.
package requests

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/report"
	"parley/bench/suite"
)

// leanDocument asks for what a list of chats shows, without the author's account.
const leanDocument = `query($room:ID!){chats(room:$room){nodes{id number username text createdAt}}}`

// Pages lets one client read the newest page from Parley and from a bare server over the
// same file, in turn: with all that a chat window asks for, and with less.
func Pages(ctx context.Context, s *suite.Suite) error {
	bare, err := s.Bare(ctx, "page", "parley")
	if err != nil {
		return err
	}
	if err := comparePage(ctx, s, "page", load.PageDocument, client.BareRoute(bare.URL), 3); err != nil {
		return err
	}
	to := client.BareRoute(bare.URL)
	to.Path = "/lean"
	if err := comparePage(ctx, s, "lean_page", leanDocument, to, 2.5); err != nil {
		return err
	}
	return bare.Stop()
}

func comparePage(ctx context.Context, s *suite.Suite, name, document string, bare client.Route, most float64) error {
	ours, err := load.NewPager(client.ParleyRoute(s.Main.URL), s.Users[0], load.PageRequest(document, s.RoomIDs[0]))
	if err != nil {
		return err
	}
	theirs, err := load.NewPager(bare, client.User{}, map[string]any{"room": s.RoomIDs[0]})
	if err != nil {
		return err
	}
	if err := samePage(ours, theirs); err != nil {
		s.Report.Faults.Add("%v", err)
	}
	var medians [2][]float64
	for round := range s.Rounds + 1 {
		for i, p := range []*load.Pager{ours, theirs} {
			load.PageAll(ctx, []*load.Pager{p}, s.Round/2)
			if round > 0 {
				medians[i] = append(medians[i], report.Millis(p.Times.Quantile(0.5)))
			}
		}
	}
	for _, p := range []*load.Pager{ours, theirs} {
		s.Report.Faults.Merge(p.Faults)
		p.Conn.Close()
	}
	s.Report.Add("parley_"+name+"_p50_ms", report.Median(medians[0]))
	s.Report.Add("bare_"+name+"_p50_ms", report.Median(medians[1]))
	what := strings.ReplaceAll(name, "_", " ") + " of 50, one client: median time, Parley / bare"
	s.Report.AtMost(most, what, report.Over(medians[0], medians[1]))
	return nil
}

// A pageChat is what both pages say of a chat. Cursors are each server's own.
type pageChat struct {
	ID, Username, Text string
	Number             int
	CreatedAt          time.Time
	User               struct{ ID, Username string }
}

// samePage is an error when the two clients get different chats: then their times mean nothing.
func samePage(ours, theirs *load.Pager) error {
	var pages [2][]pageChat
	for i, p := range []*load.Pager{ours, theirs} {
		status, body, err := p.Conn.Do(p.Request)
		if err != nil || status != 200 {
			return fmt.Errorf("read a page: %s", client.CodeOf(status, body, err))
		}
		var answer struct {
			Data struct{ Chats struct{ Nodes []pageChat } }
		}
		if err := json.Unmarshal(body, &answer); err != nil {
			return fmt.Errorf("read a page: %w", err)
		}
		pages[i] = answer.Data.Chats.Nodes
	}
	if len(pages[0]) == 0 || !slices.Equal(pages[0], pages[1]) {
		return fmt.Errorf("the page differs from the database: %.300s, not %.300s", fmt.Sprint(pages[0]), fmt.Sprint(pages[1]))
	}
	return nil
}
