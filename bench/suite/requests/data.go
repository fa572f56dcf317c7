package requests

import (
	"context"
	"fmt"
	"strings"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/process"
	"parley/bench/report"
	"parley/bench/suite"
)

// dataDocument is a list of rooms, with what an app keeps there as the second half.
const dataDocument = `{rooms(scope:JOINED){nodes{id name lastChat{number text}me{role}%s}}}`

// Data lets clients read lists of 50 rooms: one with whose rooms an app keeps nothing, and another with whose rooms it keeps as much as it
// may, who asks for it or not.
func Data(ctx context.Context, s *suite.Suite) error {
	if err := s.CopySeed("datalists"); err != nil {
		return err
	}
	p, err := s.Parley(ctx, "datalists")
	if err != nil {
		return err
	}
	people, err := (client.API{URL: p.URL}).Register(ctx, 2)
	if err != nil {
		return err
	}
	for i, who := range people {
		if err := fillRooms(ctx, client.API{URL: p.URL, Token: who.Token}, i == 1); err != nil {
			return err
		}
	}
	sides, err := dataLists(p, people)
	if err != nil {
		return err
	}
	if err := compareData(ctx, s, sides); err != nil {
		return err
	}
	return p.Stop()
}

// compareData lets the lists be read in turn, the one without data first.
func compareData(ctx context.Context, s *suite.Suite, sides []reading) error {
	medians, cpus, err := readInTurn(ctx, s, []string{"list_without_data", "list_unasked_data", "list_data"}, sides)
	if err != nil {
		return err
	}
	for i, how := range []string{"not asked for", "asked for"} {
		what := fmt.Sprintf("50 rooms with 4,096 bytes of data each, %s / without data, ", how)
		s.Report.Compare(what+"time", report.Over(medians[i+1], medians[0]))
		s.Report.Compare(what+"CPU", report.Over(cpus[i+1], cpus[0]))
	}
	return nil
}

// dataLists are the list without data, and the other one without and with it.
func dataLists(p *process.Process, people []client.User) (sides []reading, err error) {
	for _, side := range []struct {
		who  client.User
		more string
	}{{people[0], ""}, {people[1], ""}, {people[1], " data"}} {
		one, err := load.NewPager(client.ParleyRoute(p.URL), side.who, map[string]any{"query": fmt.Sprintf(dataDocument, side.more)})
		if err != nil {
			return nil, err
		}
		sides = append(sides, reading{p, one})
	}
	return sides, nil
}

// fillRooms makes 50 rooms with a chat each, and data where that is wanted.
func fillRooms(ctx context.Context, owner client.API, data bool) error {
	rooms, err := owner.CreateRooms(ctx, load.PageChats)
	if err != nil {
		return err
	}
	for _, room := range rooms {
		if err := owner.Ask(ctx, `mutation($room:ID!){sendChat(room:$room,text:"x"){id}}`, map[string]any{"room": room}, new(any)); err != nil {
			return err
		}
		if !data {
			continue
		}
		if err := owner.KeepData(ctx, room, strings.Repeat("x", suite.MaxData-2)); err != nil {
			return err
		}
	}
	return nil
}
