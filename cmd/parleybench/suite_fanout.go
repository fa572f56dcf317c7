package main

import "context"

// fanOut has one publisher send to 200 subscribers of one room and checks every delivery.
func (s *suite) fanOut(ctx context.Context) error {
	w := &fanout{subscribers: 200, users: s.users, load: load{
		site:    site{url: s.main.url, pid: s.main.pid()},
		clients: 1, rooms: 1, size: textSize, duration: 2 * s.round,
	}}
	r, err := w.run(ctx)
	if err != nil {
		return err
	}
	for _, f := range r.figures {
		s.r.add("fanout_"+f.name, f.value)
	}
	s.r.faults.merge(r.faults)
	rss, err := rssOf(s.main.pid())
	s.r.add("rss_after_all_that_mib", float64(rss)/1024)
	return err
}
