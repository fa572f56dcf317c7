// Package suite is what the parts of the suite have in common: servers that start with copies of one seeded database, what
// they are measured against, and one report. It knows no part.
package suite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"parley/bench/client"
	"parley/bench/process"
	"parley/bench/report"
	"parley/children"
)

// A Suite is what the parts of one run share. The first fields are set before Open; a part reads what it needs and adds
// its figures and targets to Report.
type Suite struct {
	Binary   string // the program to measure
	Baseline string // the program with the servers that it is measured against
	Before   string // an older build of the program, beside which sends are measured; empty: none
	Dir      string // where the databases lie: the disk under test

	Rounds      int           // of each comparison
	Round       time.Duration // how long each side of a round sends or reads
	Clients     int
	Rooms       int
	Subscribers int
	Logins      int // people who sign in at once

	Temp       string        // the directory of this run
	Users      []client.User // as many as Clients
	LoginUsers []client.User // who sign in again and again: nobody may have more than 100 sessions
	RoomIDs    []string
	RoomStart  string // the cursor of the first room before anything was sent
	Report     report.Report

	Main    *process.Process // the Parley of the parts without subscribers; nil until one needs it
	Backing *Backing         // what nodes share; nil until a part needs it

	crowd   *Crowd                      // nil until a part needs it
	talk    *Talk                       // the same
	filled  bool                        // the first room of Main has many pages
	servers []*process.Process          // all that were started
	shared  map[string]*process.Process // the servers of the parts with subscribers, by name
}

// TextSize is the length of all texts of the suite.
const TextSize = 100

// MaxData is how many bytes of JSON an app may keep with a room.
const MaxData = 4096

// Order is the order in which so many sides are measured in a round: each round from the other end, so that none has its turn always
// behind the same.
func Order(round, sides int) []int {
	order := make([]int, sides)
	for i := range order {
		order[i] = i
	}
	if round%2 == 1 {
		slices.Reverse(order)
	}
	return order
}

// Open makes a directory for the databases and seeds the first of them. Whoever opens a suite closes it.
func (s *Suite) Open(ctx context.Context) (err error) {
	if s.Temp, err = children.Folder(s.Dir, "parleybench-"); err != nil {
		return fmt.Errorf("make a directory for the databases: %w", err)
	}
	fsyncs, err := fsyncsPerSecond(s.Temp)
	if err != nil {
		return err
	}
	s.Report.Add("fsyncs_per_s", fsyncs)
	return s.seed(ctx)
}

// Close stops what still runs and removes the databases.
func (s *Suite) Close() error { return errors.Join(s.stopAll(), os.RemoveAll(s.Temp)) }

// seed makes one database with the users and rooms of all parts. Its copies start equal, and the
// tokens are good on all of them, because the keys are copied too.
func (s *Suite) seed(ctx context.Context) error {
	p, err := s.Parley(ctx, "seed")
	if err != nil {
		return err
	}
	open := client.API{URL: p.URL}
	if s.Users, err = open.Register(ctx, s.Clients); err != nil {
		return err
	}
	if s.LoginUsers, err = open.Register(ctx, (s.Logins+3)/4); err != nil {
		return err
	}
	if s.RoomIDs, err = open.As(s.Users[0].Token).CreateRooms(ctx, s.Rooms); err != nil {
		return err
	}
	if s.RoomStart, err = open.As(s.Users[0].Token).SyncCursor(ctx, s.RoomIDs[0]); err != nil {
		return err
	}
	return p.Stop()
}

// fsyncsPerSecond says what a commit costs on this disk at least.
func fsyncsPerSecond(dir string) (float64, error) {
	f, err := os.CreateTemp(dir, "fsync-")
	if err != nil {
		return 0, fmt.Errorf("look at the disk: %w", err)
	}
	defer func() { _, _ = f.Close(), os.Remove(f.Name()) }()
	page := make([]byte, 4096)
	start, n := time.Now(), 0
	for ; time.Since(start) < 500*time.Millisecond; n++ {
		if _, err := f.WriteAt(page, int64(n%256)*int64(len(page))); err != nil {
			return 0, fmt.Errorf("look at the disk: %w", err)
		}
		if err := f.Sync(); err != nil {
			return 0, fmt.Errorf("look at the disk: %w", err)
		}
	}
	return report.PerSecond(n, time.Since(start)), nil
}

// PeakDuring is the most memory in MiB that the main server had meanwhile.
func (s *Suite) PeakDuring(what func() error) (float64, error) {
	if err := process.ForgetPeak(s.Main.PID()); err != nil {
		return 0, err
	}
	if err := what(); err != nil {
		return 0, err
	}
	peak, err := process.PeakOf(s.Main.PID())
	return float64(peak) / 1024, err
}
