package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// The servers that deliver.
const (
	parley = "parley"
	raw    = "raw"   // a broadcast of bytes that are encoded beforehand, one write each
	stock  = "stock" // gqlgen's own transports before Parley's resolvers
)

// ahead is how many chats publishers may be ahead of the slowest subscriber; then they wait, or a server
// that sends faster than it delivers would be behind by minutes. The bare broadcast answers a chat when it
// is delivered. The stock server gets what suits it best: it reads the log once for all as long as nobody
// is more than 256 events behind.
var ahead = map[string]int{parley: 1000, stock: 200}

// A stage is one comparison of deliveries.
type stage struct {
	name        string // of its figures
	rivals      []string
	subscribers int
	rooms       int
	publishers  int
	rate        float64  // chats a second of all publishers together; 0: as fast as they are answered
	documents   []string // what is subscribed to; nil: one and the same
	round       time.Duration
}

// A rival is one server on a stage, with its figures by round.
type rival struct {
	process    *process
	crowd      *subscribers
	publishers []*sender
	first      []*sender
	rates      []float64 // deliveries a second
	cpus       []float64 // of the server, µs a delivery
	loads      []float64 // of this process, the same: it must not be what is measured
	middles    []float64 // median time from before the send to the delivery, ms
	tails      []float64 // the time that 1 % exceeds, ms
}

// play lets the rivals deliver in turn; a first round only warms up. Every delivery is checked.
func (s *suite) play(ctx context.Context, st stage) (map[string]*rival, error) {
	all := map[string]*rival{}
	defer func() {
		for _, r := range all {
			r.crowd.close()
			closeAll(r.publishers)
		}
	}()
	for _, name := range st.rivals {
		r, err := s.enter(ctx, name, st)
		if err != nil {
			return nil, fmt.Errorf("%s, %s: %w", st.name, name, err)
		}
		all[name] = r
	}
	for round := range s.rounds + 1 {
		for _, name := range st.rivals {
			d := st.round
			if round == 0 {
				d /= 3
			}
			if err := all[name].measure(ctx, d, round > 0); err != nil {
				return nil, fmt.Errorf("%s, %s: %w", st.name, name, err)
			}
		}
	}
	for _, name := range st.rivals {
		if err := s.conclude(ctx, st.name+"_"+name, all[name]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// enter gives a rival its rooms, its subscribers and its publishers.
func (s *suite) enter(ctx context.Context, name string, st stage) (*rival, error) {
	r := &rival{}
	var err error
	if r.process, err = s.live(ctx, name); err != nil {
		return nil, err
	}
	if r.crowd, err = s.crowd(ctx, r.process.url, name, st.rooms); err != nil {
		return nil, err
	}
	if st.documents != nil {
		r.crowd.documents = st.documents
	}
	if err = r.crowd.open(ctx, st.subscribers); err == nil {
		r.first, err = r.crowd.sendFirst(ctx, textSize)
	}
	if err == nil {
		r.publishers, err = s.publishers(r.crowd, name, st)
	}
	if err != nil {
		r.crowd.close()
	}
	return r, err
}

// crowd makes the rooms of one of the servers.
func (s *suite) crowd(ctx context.Context, url, name string, rooms int) (*subscribers, error) {
	if name == raw {
		return newRawSubscribers(url, s.users, rooms), nil
	}
	return newSubscribers(ctx, url, s.users, rooms)
}

// publishers makes as many as the stage has, whoever they are.
func (s *suite) publishers(c *subscribers, name string, st stage) ([]*sender, error) {
	var all []*sender
	for i := range st.publishers {
		in := c.rooms[i%len(c.rooms)]
		p, err := newSender(c.to, s.users[i%len(s.users)], in.id, textSize)
		if err != nil {
			return nil, err
		}
		if st.rate > 0 {
			p.interval = time.Duration(float64(st.publishers) / st.rate * float64(time.Second))
		} else if lag := ahead[name]; lag > 0 {
			p.throttle = in.throttle(lag)
		}
		all = append(all, p)
	}
	return all, nil
}

// measure lets the publishers send for d, waits until everybody has everything, and keeps the figures,
// unless it is for warming up.
func (r *rival) measure(ctx context.Context, d time.Duration, keep bool) error {
	r.crowd.since()
	theirs, ours, err := r.cpu()
	if err != nil {
		return err
	}
	start := time.Now()
	sendAll(ctx, r.publishers, d)
	r.crowd.await(ctx, newestOf(r.publishers))
	theirsAfter, oursAfter, err := r.cpu()
	if err != nil {
		return err
	}
	given := r.crowd.since()
	if given.times.n == 0 {
		_, codes := tally(r.publishers)
		return fmt.Errorf("nothing was delivered: %v", codes)
	}
	if keep {
		r.rates = append(r.rates, perSecond(given.times.n, given.latest.Sub(start)))
		r.cpus = append(r.cpus, micros(theirsAfter-theirs)/float64(given.times.n))
		r.loads = append(r.loads, micros(oursAfter-ours)/float64(given.times.n))
		r.middles = append(r.middles, millis(given.times.quantile(0.5)))
		r.tails = append(r.tails, millis(given.times.quantile(0.99)))
	}
	return nil
}

// cpu is what the server has used so far, and what this process has.
func (r *rival) cpu() (server, load time.Duration, err error) {
	server, err1 := cpuOf(r.process.pid())
	load, err2 := cpuOf(os.Getpid())
	return server, load, errors.Join(err1, err2)
}

// conclude judges everything that was delivered and adds the figures.
func (s *suite) conclude(ctx context.Context, name string, r *rival) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	senders := slices.Concat(r.first, r.publishers)
	faults, err := r.crowd.check(ctx, senders)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s.r.faults.merge(faults)
	_, codes := tally(senders)
	s.r.faults.merge(wrongCodes(codes))
	s.r.add(name+"_deliveries_per_s", median(r.rates))
	s.r.add(name+"_cpu_us_per_delivery", median(r.cpus))
	s.r.add(name+"_load_cpu_us_per_delivery", median(r.loads))
	s.r.add(name+"_delivery_p50_ms", median(r.middles))
	s.r.add(name+"_delivery_p99_ms", median(r.tails))
	return nil
}
