package requests

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/report"
	"parley/bench/suite"
)

const (
	hashMiB       = 19 // one argon2id
	readers       = 4
	readInterval  = 20 * time.Millisecond // each: some work for the server, and not much
	loginDocument = `mutation($name:String!,$password:String!){login(username:$name,password:$password){accessToken}}`
)

// A loginLoad is many people who sign in at once, beside a few who read pages slowly.
type loginLoad struct {
	suite   *suite.Suite
	readers []*load.Pager
	conns   []*client.Conn
	logins  [][]byte // a request for each of conns
	plain   [][]byte // the same, of something that is no work
}

func newLoginLoad(s *suite.Suite) (*loginLoad, error) {
	r := &loginLoad{suite: s}
	for i := range readers {
		p, err := load.NewPager(client.ParleyRoute(s.Main.URL), s.Users[i%len(s.Users)], load.PageRequest(load.PageDocument, s.RoomIDs[0]))
		if err != nil {
			return nil, err
		}
		p.Interval = readInterval
		r.readers = append(r.readers, p)
	}
	to := client.ParleyRoute(s.Main.URL)
	for i := range s.Logins {
		u := s.LoginUsers[i%len(s.LoginUsers)]
		login, err1 := client.Encode(to, client.User{}, map[string]any{
			"query": loginDocument, "variables": map[string]any{"name": u.Name, "password": u.Password},
		})
		visit, err2 := client.Encode(to, client.User{}, map[string]any{"query": "{server{version}}"})
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		r.conns, r.logins, r.plain = append(r.conns, client.NewConn(to.Addr)), append(r.logins, login), append(r.plain, visit)
	}
	return r, nil
}

func (r *loginLoad) close() {
	for _, p := range r.readers {
		r.suite.Report.Faults.Merge(p.Faults)
		p.Conn.Close()
	}
	for _, c := range r.conns {
		c.Close()
	}
}

// Logins looks at the readers and at the server's memory while many visit, and while as many
// sign in. A first round only warms up.
func Logins(ctx context.Context, s *suite.Suite) error {
	r, err := newLoginLoad(s)
	if err != nil {
		return err
	}
	defer r.close()
	var alone, beside, growth, rates []float64
	for round := range s.Rounds + 1 {
		visiting, err := s.PeakDuring(func() error {
			_, err := r.run(ctx, r.plain)
			load.PageAll(ctx, r.readers, 2*s.Round)
			return err
		})
		if err != nil {
			return err
		}
		visited := p99Of(r.readers)
		var took time.Duration
		hashing, err := s.PeakDuring(func() error {
			took, err = r.run(ctx, r.logins)
			return err
		})
		if err != nil {
			return err
		}
		if round > 0 {
			alone, beside = append(alone, visited), append(beside, p99Of(r.readers))
			growth, rates = append(growth, hashing-visiting), append(rates, report.PerSecond(s.Logins, took))
		}
	}
	s.Report.Add("logins_per_s", report.Median(rates))
	s.Report.Add("page_p99_ms", report.Median(alone))
	s.Report.Add("page_p99_ms_during_logins", report.Median(beside))
	s.Report.AtMost(1.2, fmt.Sprintf("%d logins at once: p99 of pages beside them / alone", s.Logins), report.Over(beside, alone))
	s.Report.AtMost(hashMiB*float64(runtime.NumCPU()), fmt.Sprintf("%d logins at once: memory beyond that of as many visitors, MiB", s.Logins), growth)
	return nil
}

// p99Of is the time in ms that one page of a hundred takes longer than.
func p99Of(pagers []*load.Pager) float64 {
	times := &report.Histogram{}
	for _, p := range pagers {
		times.Merge(&p.Times)
	}
	return report.Millis(times.Quantile(0.99))
}

// run lets all ask at once, and returns how long that took. The readers read from the
// beginning to the end of it.
func (r *loginLoad) run(ctx context.Context, requests [][]byte) (time.Duration, error) {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	var others, logins sync.WaitGroup
	others.Go(func() { load.PageAll(reading, r.readers, time.Hour) })
	start := time.Now()
	errs := make([]error, len(r.conns))
	for i, c := range r.conns {
		logins.Go(func() { errs[i] = retry(ctx, c, requests[i]) })
	}
	logins.Wait()
	took := time.Since(start)
	stop()
	others.Wait()
	return took, errors.Join(errs...)
}

// retry asks until the answer is good. A server that is busy, or was not done in time, is asked again after the second it asks
// for and up to one more, so that those who were refused together do not come back together.
func retry(ctx context.Context, c *client.Conn, request []byte) error {
	for {
		status, body, err := c.Do(request)
		code := client.CodeOf(status, body, err)
		if err == nil && status == 200 && !bytes.Contains(body, []byte(`"errors"`)) {
			return nil
		}
		if code != "SERVER_BUSY" && code != "TIMEOUT" {
			return fmt.Errorf("sign in: %s", code)
		}
		select {
		case <-time.After(time.Second + rand.N(time.Second)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
