package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"

	"parley/bench/client"
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
	rooms, people := fmt.Sprint(s.CrowdRooms()), fmt.Sprint(2*s.Subscribers)
	fill := exec.CommandContext(ctx, s.Baseline, "-mode", "crowd", "-db", s.Database(CrowdData), "-rooms", rooms, "-people", people)
	text, err := fill.Output()
	if err != nil {
		return nil, fmt.Errorf("make a crowd: %w", err)
	}
	c := &Crowd{}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, fmt.Errorf("make a crowd: %w", err)
	}
	s.crowd = c
	return c, nil
}

// CrowdRooms is how many rooms there are, those included that nobody of the crowd is in.
func (s *Suite) CrowdRooms() int { return 200 * s.Subscribers }
