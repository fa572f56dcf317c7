package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"parley/bench/report"
	"parley/bench/client"
	"parley/bench/process"
)

// A suite measures the targets against servers it starts itself.
type suite struct {
	binary      string
	baseline    string
	dir         string // where the databases lie: the disk under test
	rounds      int
	round       time.Duration
	clients     int
	rooms       int
	subscribers int
	logins      int // people who sign in at once

	temp       string
	users      []client.User
	loginUsers []client.User // who sign in again and again: nobody may have more than 100 sessions
	roomIDs    []string

	roomStart string              // the cursor of the first room before anything was sent
	servers   []*process.Process          // all that were started
	main      *process.Process            // the Parley of the parts without subscribers
	filled    bool                // its first room has many pages
	backing   *backing            // what nodes share; nil until a part needs it
	running   map[string]*process.Process // the servers of those with subscribers, by name
	r         report.Report
}

// textSize is the length of all texts of the suite.
const textSize = 100

// open makes a directory for the databases and seeds the first of them. Whoever opens a suite closes it.
func (s *suite) open(ctx context.Context) (err error) {
	if s.temp, err = os.MkdirTemp(s.dir, "parleybench-"); err != nil {
		return fmt.Errorf("make a directory for the databases: %w", err)
	}
	fsyncs, err := fsyncsPerSecond(s.temp)
	if err != nil {
		return err
	}
	s.r.Add("fsyncs_per_s", fsyncs)
	return s.seed(ctx)
}

// close stops what still runs and removes the databases.
func (s *suite) close() error { return errors.Join(s.stopAll(), os.RemoveAll(s.temp)) }

// seed makes one database with the users and rooms of all parts. Its copies start equal, and the
// tokens are good on all of them, because the keys are copied too.
func (s *suite) seed(ctx context.Context) error {
	p, err := s.parley(ctx, "seed")
	if err != nil {
		return err
	}
	open := client.API{URL: p.URL}
	if s.users, err = open.Register(ctx, s.clients); err != nil {
		return err
	}
	if s.loginUsers, err = open.Register(ctx, (s.logins+3)/4); err != nil {
		return err
	}
	if s.roomIDs, err = open.As(s.users[0].Token).CreateRooms(ctx, s.rooms); err != nil {
		return err
	}
	if s.roomStart, err = open.As(s.users[0].Token).SyncCursor(ctx, s.roomIDs[0]); err != nil {
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

// peakDuring is the most memory in MiB that the main server had meanwhile.
func (s *suite) peakDuring(what func() error) (float64, error) {
	if err := process.ForgetPeak(s.main.PID()); err != nil {
		return 0, err
	}
	if err := what(); err != nil {
		return 0, err
	}
	peak, err := process.PeakOf(s.main.PID())
	return float64(peak) / 1024, err
}
