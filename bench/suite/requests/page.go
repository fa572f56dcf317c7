// Package requests measures what is asked over HTTP besides sends: pages, logins with right and wrong passwords, and what
// a start takes.
package requests

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/process"
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
	if err := comparePage(ctx, s, "page", load.PageDocument, bare, "/", 3); err != nil {
		return err
	}
	if err := comparePage(ctx, s, "lean_page", leanDocument, bare, "/lean", 2.5); err != nil {
		return err
	}
	return bare.Stop()
}

func comparePage(ctx context.Context, s *suite.Suite, name, document string, bare *process.Process, path string, most float64) error {
	ours, err := load.NewPager(client.ParleyRoute(s.Main.URL), s.Users[0], load.PageRequest(document, s.RoomIDs[0]))
	if err != nil {
		return err
	}
	to := client.BareRoute(bare.URL)
	to.Path = path
	theirs, err := load.NewPager(to, client.User{}, map[string]any{"room": s.RoomIDs[0]})
	if err != nil {
		return err
	}
	if err := samePage(ours, theirs); err != nil {
		s.Report.Faults.Add("%v", err)
	}
	what := strings.ReplaceAll(name, "_", " ") + " of 50, one client: "
	return compareReads(ctx, s, name, what, most, [2]reading{{s.Main, ours}, {bare, theirs}})
}

// A reading is one client of one server.
type reading struct {
	process *process.Process
	*load.Pager
}

// compareReads lets a client of Parley and one of a bare server read in turn.
func compareReads(ctx context.Context, s *suite.Suite, name, what string, most float64, sides [2]reading) error {
	medians, cpus, err := readInTurn(ctx, s, []string{"parley_" + name, "bare_" + name}, sides[:])
	if err != nil {
		return err
	}
	s.Report.AtMost(most, what+"median time, Parley / bare", report.Over(medians[0], medians[1]))
	s.Report.Compare(what+"CPU, Parley / bare", report.Over(cpus[0], cpus[1]))
	return nil
}

// readInTurn lets clients read in turn, and returns the median time of each by round in ms, and what CPU a read takes the server in
// µs; a first round only warms up.
func readInTurn(ctx context.Context, s *suite.Suite, names []string, sides []reading) (medians, cpus [][]float64, err error) {
	medians, cpus = make([][]float64, len(sides)), make([][]float64, len(sides))
	for round := range s.Rounds + 1 {
		for _, i := range suite.Order(round, len(sides)) {
			side := sides[i]
			cpu, err := side.read(ctx, s.Round/2)
			if err != nil {
				return nil, nil, err
			}
			if round > 0 {
				medians[i], cpus[i] = append(medians[i], report.Millis(side.Times.Quantile(0.5))), append(cpus[i], cpu)
			}
		}
	}
	for i, name := range names {
		s.Report.Faults.Merge(sides[i].Faults)
		sides[i].Conn.Close()
		s.Report.Add(name+"_p50_ms", report.Median(medians[i]))
		s.Report.Add(name+"_cpu_us", report.Median(cpus[i]))
		s.Report.Add(name+"_cpu_us_lowest", slices.Min(cpus[i]))
	}
	return medians, cpus, nil
}

// read reads for d and returns the server's CPU for each read in µs.
func (r reading) read(ctx context.Context, d time.Duration) (cpu float64, err error) {
	before, err1 := process.CPUOf(r.process.PID())
	load.PageAll(ctx, []*load.Pager{r.Pager}, d)
	after, err2 := process.CPUOf(r.process.PID())
	return report.Micros(after-before) / float64(r.Times.N), errors.Join(err1, err2)
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
