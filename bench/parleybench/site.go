package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"parley/bench/client"
	"parley/bench/process"
	"parley/bench/report"
	"parley/children"
)

// A site is the server under load: one that runs already, or one that is started for the run.
type site struct {
	url    string
	pid    int // 0: not known, its memory and CPU are not measured
	binary string
	dir    string
	server *process.Process
}

// flags registers how to find the server.
func (s *site) flags(f *flag.FlagSet) {
	f.StringVar(&s.url, "url", "http://127.0.0.1:8080", "address of a running `server`, with its rates off")
	f.IntVar(&s.pid, "pid", 0, "process `id` of that server, to measure its CPU and memory")
	f.StringVar(&s.binary, "parley", "", "instead: start this `program` with an empty database")
}

// open starts the server if it is to be started. Whoever opens a site closes it.
func (s *site) open(ctx context.Context) (err error) {
	if s.binary == "" {
		return nil
	}
	if s.dir, err = children.Folder("", "parleybench-"); err != nil {
		return fmt.Errorf("make a data directory: %w", err)
	}
	return s.start(ctx)
}

func (s *site) start(ctx context.Context) (err error) {
	s.server, err = process.StartParley(ctx, s.binary, filepath.Join(s.dir, "data"))
	if err != nil {
		return err
	}
	s.url, s.pid = s.server.URL, s.server.PID()
	return nil
}

// restart gives back a server whose memory holds nothing of what happened before. It does nothing
// to a server that ran already.
func (s *site) restart(ctx context.Context) error {
	if s.server == nil {
		return nil
	}
	if err := s.server.Stop(); err != nil {
		return err
	}
	return s.start(ctx)
}

// close stops what open has started and adds to err what went wrong with that.
func (s *site) close(err *error) {
	if s.server != nil {
		*err = errors.Join(*err, s.server.Stop())
	}
	if s.dir != "" {
		*err = errors.Join(*err, os.RemoveAll(s.dir))
	}
}

func (s *site) api() client.API { return client.API{URL: s.url} }

// cpu is what the server has used so far; 0 when its process is not known.
func (s *site) cpu() time.Duration {
	if s.pid == 0 {
		return 0
	}
	used, err := process.CPUOf(s.pid)
	if err != nil {
		return 0
	}
	return used
}

// addCPU adds the server's CPU since before, per unit, unless it is not known.
func (s *site) addCPU(r *report.Report, name string, before time.Duration, units int) {
	if used := s.cpu() - before; s.pid != 0 && units > 0 {
		r.Add(name, float64(used.Nanoseconds())/1000/float64(units))
	}
}
