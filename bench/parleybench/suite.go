package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/bench/report"
	"parley/bench/suite"
	"parley/bench/suite/archive"
	"parley/bench/suite/members"
	"parley/bench/suite/requests"
	"parley/bench/suite/sends"
	"parley/bench/suite/streams"
)

// A suiteRun is a run of some parts of the suite.
type suiteRun struct {
	suite.Suite
	only string // names of parts, separated by commas; empty: all
}

func prepareSuite(f *flag.FlagSet) func(context.Context) (*report.Report, error) {
	w := &suiteRun{}
	f.StringVar(&w.Binary, "parley", "bin/parley", "the `program` to measure")
	f.StringVar(&w.Baseline, "baseline", "bin/baseline", "the `program` with the servers that it is measured against")
	f.StringVar(&w.Before, "before", "", "an older build of that `program`, beside which sends are measured; empty: none")
	f.StringVar(&w.Dir, "dir", "", "`directory` for the databases, on the disk that counts, which everybody may enter; empty: the system's for temporary files")
	f.StringVar(&w.only, "run", "", "`parts` to run, separated by commas; empty: all of "+strings.Join(partNames(), ", "))
	f.IntVar(&w.Rounds, "rounds", 5, "rounds of each comparison")
	f.DurationVar(&w.Round, "round", 1500*time.Millisecond, "how long each side of a round sends or reads")
	f.IntVar(&w.Clients, "clients", 64, "clients that send")
	f.IntVar(&w.Rooms, "rooms", 1, "rooms they send into")
	f.IntVar(&w.Subscribers, "subscribers", 500, "subscribers of one room; many are ten times as many")
	f.IntVar(&w.Logins, "logins", 200, "people who sign in at once")
	f.BoolVar(&w.Report.Strict, "strict", false, "a missed target is a failure")
	return w.run
}

func (w *suiteRun) run(ctx context.Context) (_ *report.Report, err error) {
	if w.Rounds < 1 || w.Round <= 0 || w.Clients < 1 || w.Rooms < 1 || w.Subscribers < 1 || w.Logins < 1 {
		return nil, report.UsageError("rounds, their length, clients, rooms, subscribers and logins must be above zero")
	}
	parts, err := w.chosenParts()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if err := w.Open(ctx); err != nil {
		return &w.Report, err
	}
	for _, p := range parts {
		if err := w.runPart(ctx, p); err != nil {
			return &w.Report, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return &w.Report, nil
}

// A part is some of the targets.
type part struct {
	name, does string
	run        func(context.Context, *suite.Suite) error
	main       bool // needs the main server, with chats in the first room
}

func allParts() []part { return slices.Concat(requestParts(), streamParts(), nodeParts()) }

func requestParts() []part {
	return []part{
		{"sends", "many clients send, beside one transaction each and beside bare servers", sends.Many, false},
		{"pages", "one client reads the newest page, beside a bare server", requests.Pages, true},
		{"lists", "one client reads the rooms of a person among very many, beside a bare server", requests.Lists, false},
		{"unread", "one client reads a list of rooms with and without what is unread there", requests.Unread, false},
		{"talk", "one client reads a page with and without what people have said and done to its chats", requests.Talk, false},
		{"before", "many clients send, beside an older build of the program", sends.Before, false},
		{"data", "many clients send into a room with and without what an app keeps there", sends.Data, false},
		{"datalists", "one client reads a list of rooms with and without what an app keeps there", requests.Data, false},
		{"bots", "one client asks by the token of a bot, another by an access token", requests.Bots, false},
		{"singles", "one client sends, another refreshes a token, beside a bare insert", sends.Single, true},
		{"guesses", "wrong passwords and unknown names take the same time", requests.WrongPasswords, true},
		{"logins", "many sign in beside a few who read", requests.Logins, true},
		{"resume", "one reader follows a long room from its start", streams.Resume, true},
		{"start", "time and memory of a start", requests.Start, true},
	}
}

func streamParts() []part {
	return []part{
		{"steady", "20 chats/s to one room, beside a bare broadcast", streams.Steady, false},
		{"publisher", "one publisher, one room, beside a bare broadcast and the stock transport", streams.Publisher, false},
		{"flood", "16 publishers, one room, beside the stock transport", streams.Flood, false},
		{"rooms", "50 publishers, 50 rooms, beside a bare broadcast and the stock transport", streams.Rooms, false},
		{"selections", "20 different selections in one room", streams.Selections, false},
		{"idle", "memory of sockets that wait", streams.Idle, false},
		{"comings", "connect, subscribe, leave, over and over, beside the stock transport", streams.Connections, false},
		{"openings", "streams of all 200 rooms of a person are opened", members.Openings, false},
		{"returns", "many such streams come back at once", members.Returns, false},
		{"listening", "memory of sockets that wait, each for all rooms of a person", members.Idle, false},
		{"joins", "subscribers who leave their room and join it again, as their server counts executions", streams.Joins, false},
		{"typing", "20 chats/s to one room in which 100 people type", streams.Typing, false},
		{"reactions", "reactions to a chat, delivered beside chats", streams.Reactions, false},
		{"stalled", "subscribers beside others that never read", streams.Stalled, false},
		{"replay", "subscribers beside one person who reads a long room over 20 sockets", streams.Replay, false},
	}
}

func nodeParts() []part {
	return []part{
		{"postgres", "clients send to Postgres, beside one transaction each and a bare group commit", sends.Postgres, false},
		{"nodes", "two nodes on one Postgres: a send to one is delivered by both", streams.Nodes, false},
		{"removals", "three nodes on one Postgres: removed members are given nothing more", members.Removals, false},
		{"moving", "export and import of 500,000 chats, beside bare rows", archive.ExportAndImport, false},
	}
}

func partNames() []string {
	var all []string
	for _, p := range allParts() {
		all = append(all, p.name)
	}
	return all
}

// chosenParts are the parts to run.
func (w *suiteRun) chosenParts() ([]part, error) {
	all := allParts()
	if w.only == "" {
		return all, nil
	}
	var some []part
	for name := range strings.SplitSeq(w.only, ",") {
		i := slices.IndexFunc(all, func(p part) bool { return p.name == name })
		if i < 0 {
			return nil, report.UsageError(fmt.Sprintf("no part is called %q; there are %s", name, strings.Join(partNames(), ", ")))
		}
		some = append(some, all[i])
	}
	return some, nil
}

func (w *suiteRun) runPart(ctx context.Context, p part) error {
	if p.main {
		if err := w.NeedMain(ctx); err != nil {
			return err
		}
	}
	start := time.Now()
	err := p.run(ctx, &w.Suite)
	w.Report.Add("took_s_"+p.name, time.Since(start).Seconds())
	return err
}
