package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"

	"parley/bench/client"
	"parley/bench/process"
)

// A Crowd is people in some of very many rooms, all in the same.
type Crowd struct {
	Many  []client.User // who are in all of Rooms
	Few   []client.User // who are in the first FewRooms of them
	Rooms []string
}

// How many rooms people of a crowd are in.
const (
	ManyRooms = 200
	FewRooms  = 50
)

// CrowdData names the directory of the database with the crowd.
const CrowdData = "crowd"

// NeedCrowd makes a database with a crowd, once: 100,000 rooms and 1,000 people of each kind, when 500 subscribers are many.
func (s *Suite) NeedCrowd(ctx context.Context) (*Crowd, error) {
	if s.crowd != nil {
		return s.crowd, nil
	}
	if err := s.CopySeed(CrowdData); err != nil {
		return nil, err
	}
	c := &Crowd{}
	if err := s.fill(ctx, CrowdData, c, "crowd", "-rooms", fmt.Sprint(s.CrowdRooms()), "-people", fmt.Sprint(2*s.Subscribers)); err != nil {
		return nil, err
	}
	s.crowd = c
	return c, nil
}

// CrowdRooms is how many rooms there are, those included that nobody of the crowd is in.
func (s *Suite) CrowdRooms() int { return 200 * s.Subscribers }

// A Talk is rooms in which much was said. In 50 all chats are the author's, the reader is named in each tenth, and both have read the first
// one. In Busy every other chat answers another, each third names somebody, and six reactions are on each.
type Talk struct {
	Reader, Author client.User
	Busy           string // the id of that room
}

// talkData names the directory of the database with a talk.
const talkData = "talk"

// ServeTalk makes a database with a talk, once, and starts a server on it.
func (s *Suite) ServeTalk(ctx context.Context) (*Talk, *process.Process, error) {
	if s.talk == nil {
		if err := s.CopySeed(talkData); err != nil {
			return nil, nil, err
		}
		t := &Talk{}
		if err := s.fill(ctx, talkData, t, "talk"); err != nil {
			return nil, nil, err
		}
		s.talk = t
	}
	p, err := s.Parley(ctx, talkData)
	return s.talk, p, err
}

// fill adds rows to a database that nobody uses, and decodes what was added.
func (s *Suite) fill(ctx context.Context, dir string, added any, mode string, more ...string) error {
	fill := exec.CommandContext(ctx, s.Baseline, append([]string{"-mode", mode, "-db", s.Database(dir)}, more...)...)
	text, err := fill.Output()
	if err == nil {
		err = json.Unmarshal(text, added)
	}
	if err != nil {
		return fmt.Errorf("make a %s: %w", mode, err)
	}
	return nil
}
