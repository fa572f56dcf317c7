package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// comparePages lets one client read the newest page from Parley and from a bare server over the
// same file, in turn.
func (s *suite) comparePages(ctx context.Context) error {
	bare, err := s.bare(ctx, "page", "parley")
	if err != nil {
		return err
	}
	ours, err := newPager(s.main.url, s.users[0], s.roomIDs[0])
	if err != nil {
		return err
	}
	request, err := encode(bareRoute(bare.url), user{}, map[string]any{"room": s.roomIDs[0]})
	if err != nil {
		return err
	}
	theirs := &pager{conn: newConn(hostOf(bare.url)), request: request}
	if err := samePage(ours, theirs); err != nil {
		s.r.faults.add("%v", err)
	}
	var medians [2][]float64
	for round := range s.rounds + 1 {
		for i, p := range []*pager{ours, theirs} {
			pageAll(ctx, []*pager{p}, s.round/2)
			if round > 0 {
				medians[i] = append(medians[i], millis(p.times.quantile(0.5)))
			}
		}
	}
	for _, p := range []*pager{ours, theirs} {
		s.r.faults.merge(p.faults)
		p.conn.close()
	}
	s.r.add("parley_page_p50_ms", median(medians[0]))
	s.r.add("bare_page_p50_ms", median(medians[1]))
	s.r.targets = append(s.r.targets,
		target{"page of 50, one client: median time, Parley / bare", atMost, 3, over(medians[0], medians[1])})
	return bare.stop()
}

// A pageChat is what both pages say of a chat. Cursors are each server's own.
type pageChat struct {
	ID, Username, Text string
	Number             int
	User               struct{ ID, Username string }
}

// samePage is an error when the two clients get different chats: then their times mean nothing.
func samePage(ours, theirs *pager) error {
	var pages [2][]pageChat
	for i, p := range []*pager{ours, theirs} {
		status, body, err := p.conn.do(p.request)
		if err != nil || status != 200 {
			return fmt.Errorf("read a page: %s", codeOf(status, body, err))
		}
		var answer struct {
			Data struct{ Chats struct{ Nodes []pageChat } }
		}
		if err := json.Unmarshal(body, &answer); err != nil {
			return fmt.Errorf("read a page: %w", err)
		}
		pages[i] = answer.Data.Chats.Nodes
	}
	if !slices.Equal(pages[0], pages[1]) {
		return fmt.Errorf("the page differs from the database: %+v, not %+v", pages[0][:1], pages[1][:1])
	}
	return nil
}
