package streams

import (
	"context"
	"fmt"
	"strings"

	"parley/bench/report"
	"parley/bench/suite"
)

// Steady has 20 chats a second sent to one room, whose subscribers are few, and then many.
func Steady(ctx context.Context, s *suite.Suite) error {
	// The stock server cannot keep up with many.
	for _, kinds := range [][]string{{suite.Parley, suite.Raw, suite.Stock}, {suite.Parley, suite.Raw}} {
		n := s.Subscribers
		if len(kinds) == 2 {
			n *= 10
		}
		all, err := compare(ctx, s, scenario{
			name: fmt.Sprintf("steady_%d", n), kinds: kinds, subscribers: n,
			rooms: 1, publishers: 1, rate: 20, round: 2 * s.Round,
		})
		if err != nil {
			return err
		}
		what := fmt.Sprintf("20 chats/s to %d subscribers: ", n)
		s.Report.AtMost(1.2, what+"CPU a delivery, Parley / raw", report.Over(all[suite.Parley].cpus, all[suite.Raw].cpus))
		s.Report.AtMost(1.5, what+"p99 of deliveries, Parley / raw", report.Over(all[suite.Parley].p99s, all[suite.Raw].p99s))
		if all[suite.Stock] != nil {
			s.Report.Compare(what+"CPU a delivery, stock / raw", report.Over(all[suite.Stock].cpus, all[suite.Raw].cpus))
		}
	}
	return nil
}

// Publisher has one client send to one room as fast as it is answered.
func Publisher(ctx context.Context, s *suite.Suite) error {
	all, err := compare(ctx, s, scenario{
		name: "publisher", kinds: []string{suite.Parley, suite.Raw, suite.Stock}, subscribers: s.Subscribers,
		rooms: 1, publishers: 1, round: s.Round,
	})
	if err != nil {
		return err
	}
	compareRates(s, fmt.Sprintf("one publisher, %d subscribers: ", s.Subscribers), all, 1, 3)
	return nil
}

// compareRates checks deliveries a second, and shows what they cost beside them.
func compareRates(s *suite.Suite, what string, all map[string]*side, overRaw, overStock float64) {
	ours := all[suite.Parley]
	s.Report.AtLeast(overRaw, what+"deliveries/s, Parley / raw", report.Over(ours.rates, all[suite.Raw].rates))
	s.Report.AtLeast(overStock, what+"deliveries/s, Parley / stock", report.Over(ours.rates, all[suite.Stock].rates))
	s.Report.Compare(what+"CPU a delivery, Parley / raw", report.Over(ours.cpus, all[suite.Raw].cpus))
	s.Report.Compare(what+"CPU a delivery, Parley / stock", report.Over(ours.cpus, all[suite.Stock].cpus))
}

// Flood has 16 clients send to one room as fast as they are answered.
func Flood(ctx context.Context, s *suite.Suite) error {
	all, err := compare(ctx, s, scenario{
		name: "flood", kinds: []string{suite.Parley, suite.Stock}, subscribers: s.Subscribers,
		rooms: 1, publishers: 16, round: s.Round,
	})
	if err != nil {
		return err
	}
	what := fmt.Sprintf("16 publishers, %d subscribers: ", s.Subscribers)
	s.Report.AtLeast(12, what+"deliveries/s, Parley / stock", report.Over(all[suite.Parley].rates, all[suite.Stock].rates))
	s.Report.AtMost(150, what+"p99 of deliveries, ms", all[suite.Parley].p99s)
	s.Report.Compare(what+"CPU a delivery, Parley / stock", report.Over(all[suite.Parley].cpus, all[suite.Stock].cpus))
	return nil
}

// Rooms has one client send to each of 50 rooms, all as fast as they are answered.
func Rooms(ctx context.Context, s *suite.Suite) error {
	const rooms = 50
	all, err := compare(ctx, s, scenario{
		name: "rooms", kinds: []string{suite.Parley, suite.Raw, suite.Stock}, subscribers: 2 * s.Subscribers,
		rooms: rooms, publishers: rooms, round: s.Round,
	})
	if err != nil {
		return err
	}
	compareRates(s, fmt.Sprintf("%d rooms, %d subscribers: ", rooms, 2*s.Subscribers), all, 0.7, 3)
	return nil
}

// Selections has 20 chats a second sent to a room whose subscribers ask for 20 different things. How often
// a server executes cannot be seen from outside: a test of package graph counts that.
func Selections(ctx context.Context, s *suite.Suite) error {
	all, err := compare(ctx, s, scenario{
		name: "selections", kinds: []string{suite.Parley, suite.Stock}, subscribers: 2 * s.Subscribers,
		rooms: 1, publishers: 1, rate: 20, documents: selectionDocuments(), round: 2 * s.Round,
	})
	if err != nil {
		return err
	}
	s.Report.Compare(fmt.Sprintf("20 selections, %d subscribers: CPU a delivery, Parley / stock", 2*s.Subscribers), report.Over(all[suite.Parley].cpus, all[suite.Stock].cpus))
	return nil
}

// selectionDocuments are 20 subscriptions that differ in what they select.
func selectionDocuments() []string {
	fields := []string{"id", "username", "createdAt", "cursor", "editedAt"}
	documents := make([]string, 20)
	for i := range documents {
		selection := []string{"number text"}
		for bit, field := range fields {
			if i>>bit&1 == 1 {
				selection = append(selection, field)
			}
		}
		documents[i] = fmt.Sprintf(`subscription($room:ID!,$after:Cursor){chatSent(room:$room,after:$after){%s}}`,
			strings.Join(selection, " "))
	}
	return documents
}
