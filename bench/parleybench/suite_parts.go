package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A part is some of the targets.
type part struct {
	name, does string
	run        func(context.Context, *suite) error
	main       bool // needs the main server, with chats in the first room
}

func (s *suite) parts() []part {
	return []part{
		{"sends", "many clients send, beside one transaction each and beside bare servers", compareSends, false},
		{"pages", "one client reads the newest page, beside a bare server", comparePages, true},
		{"singles", "one client sends, another refreshes a token, beside a bare insert", compareSingles, true},
		{"guesses", "wrong passwords and unknown names take the same time", compareWrongLogins, true},
		{"logins", "many sign in beside a few who read", compareLogins, true},
		{"resume", "one reader follows a long room from its start", resume, true},
		{"start", "time and memory of a start", startUp, true},
		{"steady", "20 chats/s to one room, beside a bare broadcast", steady, false},
		{"publisher", "one publisher, one room, beside a bare broadcast and the stock transport", publisher, false},
		{"flood", "16 publishers, one room, beside the stock transport", flood, false},
		{"rooms", "50 publishers, 50 rooms, beside a bare broadcast and the stock transport", manyRooms, false},
		{"selections", "20 different selections in one room", selections, false},
		{"idle", "memory of sockets that wait", idle, false},
		{"comings", "connect, subscribe, leave, over and over, beside the stock transport", connections, false},
		{"stalled", "subscribers beside others that never read", stalled, false},
		{"replay", "subscribers beside one person who reads a long room over 20 sockets", replay, false},
		{"postgres", "clients send to Postgres, beside one transaction each and a bare group commit", postgres, false},
		{"nodes", "two nodes on one Postgres: a send to one is delivered by both", nodes, false},
		{"moving", "export and import of 500,000 chats, beside bare rows", moving, false},
	}
}

func (s *suite) names() []string {
	var all []string
	for _, p := range s.parts() {
		all = append(all, p.name)
	}
	return all
}

// chosenParts are the parts to run.
func (s *suite) chosenParts() ([]part, error) {
	all := s.parts()
	if s.only == "" {
		return all, nil
	}
	var some []part
	for name := range strings.SplitSeq(s.only, ",") {
		i := slices.IndexFunc(all, func(p part) bool { return p.name == name })
		if i < 0 {
			return nil, usageError(fmt.Sprintf("no part is called %q; there are %s", name, strings.Join(s.names(), ", ")))
		}
		some = append(some, all[i])
	}
	return some, nil
}

func (s *suite) runPart(ctx context.Context, p part) error {
	if p.main && !s.filled {
		if err := s.startMain(ctx); err != nil {
			return err
		}
	}
	start := time.Now()
	err := p.run(ctx, s)
	s.r.add("took_s_"+p.name, time.Since(start).Seconds())
	return err
}

// startMain starts the main server, when no part has done that yet, and gives the first room enough chats for a page,
// however few a busy machine has sent.
func (s *suite) startMain(ctx context.Context) (err error) {
	if s.main == nil {
		if s.main, err = s.startCopy(ctx, parley, "parley"); err != nil {
			return err
		}
	}
	s.filled = true
	sends, err := newSender(parleyRoute(s.main.url), s.users[0], s.roomIDs[0], textSize)
	if err != nil {
		return err
	}
	defer sends.conn.close()
	return fillRoom(sends, 10*pageChats)
}
