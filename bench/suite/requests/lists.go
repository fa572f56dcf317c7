package requests

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/suite"
)

// listDocument asks for what a list of rooms shows.
const listDocument = `{rooms(scope:JOINED){nodes{id name memberCount lastChat{id number text username createdAt} me{id role} allowedActions}}}`

// Lists lets one client read the rooms that a person is in from Parley and from a bare server over the same file, in turn.
func Lists(ctx context.Context, s *suite.Suite) error {
	crowd, err := s.NeedCrowd(ctx)
	if err != nil {
		return err
	}
	parley, err := s.Parley(ctx, suite.CrowdData)
	if err != nil {
		return err
	}
	bare, err := s.Bare(ctx, "lists", suite.CrowdData)
	if err != nil {
		return err
	}
	who := crowd.Many[0]
	ours, err := load.NewPager(client.ParleyRoute(parley.URL), who, map[string]any{"query": listDocument})
	if err != nil {
		return err
	}
	theirs, err := load.NewPager(client.BareRoute(bare.URL), client.User{}, map[string]any{"person": who.ID})
	if err != nil {
		return err
	}
	if err := sameList(ours, theirs); err != nil {
		s.Report.Faults.Add("%v", err)
	}
	what := fmt.Sprintf("50 of %d rooms of one person among %d, one client: ", suite.ManyRooms, s.CrowdRooms())
	err = compareReads(ctx, s, "list", what, 3, [2]reading{{parley, ours}, {bare, theirs}})
	return errors.Join(err, parley.Stop(), bare.Stop())
}

// sameList is an error when the two clients get different lists: then their times mean nothing.
func sameList(ours, theirs *load.Pager) error {
	var lists [2]any
	for i, p := range []*load.Pager{ours, theirs} {
		status, body, err := p.Conn.Do(p.Request)
		if err != nil || status != 200 {
			return fmt.Errorf("read a list of rooms: %s", client.CodeOf(status, body, err))
		}
		if err := json.Unmarshal(body, &lists[i]); err != nil {
			return fmt.Errorf("read a list of rooms: %w", err)
		}
	}
	if !reflect.DeepEqual(lists[0], lists[1]) {
		return fmt.Errorf("the list differs from the database: %.500s, not %.500s", fmt.Sprint(lists[0]), fmt.Sprint(lists[1]))
	}
	return nil
}
