package requests

import (
	"context"
	"fmt"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/process"
	"parley/bench/report"
	"parley/bench/suite"
)

// The list of rooms and the page of chats, with what people have not read, said and done as the second half.
const (
	roomsDocument = `{rooms(scope:JOINED){nodes{id name lastChat{number username text}me{role}%s}}}`
	roomsCounts   = ` unreadCount mentionCount`
	talkDocument  = `query($room:ID!){chats(room:$room){nodes{id number username text createdAt%s}}}`
	talkAll       = ` user{id username}mentions{id username}replyTo{id text username}replyCount reactions{emoji count users{id username}}`
)

// Unread lets clients read a list of rooms with and without its counts: one who has not read what another has said, and that other, whose
// own chats do not count, so that all must be looked at.
func Unread(ctx context.Context, s *suite.Suite) error {
	talk, p, err := s.ServeTalk(ctx)
	if err != nil {
		return err
	}
	sides, err := unreadLists(ctx, s, p, talk)
	if err != nil {
		return err
	}
	medians, cpus, err := readInTurn(ctx, s, []string{"list_plain", "list_unread", "list_plain_own", "list_unread_own"}, sides)
	if err != nil {
		return err
	}
	for i, whose := range []string{"of others", "of one's own"} {
		what := fmt.Sprintf("50 rooms, 0 to 5,000 chats %s behind what was read: list with both counts / without, ", whose)
		with, without := 2*i+1, 2*i
		s.Report.Compare(what+"time", report.Over(medians[with], medians[without]))
		s.Report.Compare(what+"CPU", report.Over(cpus[with], cpus[without]))
		s.Report.AtMost(10, what+"difference, ms", minus(medians[with], medians[without]))
	}
	return p.Stop()
}

// unreadLists are the list without and with its counts, of the reader and of the author.
func unreadLists(ctx context.Context, s *suite.Suite, p *process.Process, talk *suite.Talk) (sides []reading, err error) {
	for i, who := range []client.User{talk.Reader, talk.Author} {
		if err := rightCounts(ctx, client.API{URL: p.URL, Token: who.Token}, i == 1); err != nil {
			s.Report.Faults.Add("%v", err)
		}
		for _, counts := range []string{"", roomsCounts} {
			one, err := load.NewPager(client.ParleyRoute(p.URL), who, map[string]any{"query": fmt.Sprintf(roomsDocument, counts)})
			if err != nil {
				return nil, err
			}
			sides = append(sides, reading{p, one})
		}
	}
	return sides, nil
}

// minus subtracts round by round.
func minus(a, b []float64) []float64 {
	differences := make([]float64, len(a))
	for i := range a {
		differences[i] = a[i] - b[i]
	}
	return differences
}

// rightCounts is an error when a list counts anything else than there is.
func rightCounts(ctx context.Context, as client.API, own bool) error {
	var answer struct {
		Rooms struct {
			Nodes []struct {
				Name                      string
				LastChat                  struct{ Number int }
				UnreadCount, MentionCount int
			}
		}
	}
	if err := as.Ask(ctx, fmt.Sprintf(roomsDocument, roomsCounts), nil, &answer); err != nil {
		return fmt.Errorf("read a list of rooms: %w", err)
	}
	for _, r := range answer.Rooms.Nodes {
		unread, mentions := countsOf(r.LastChat.Number, own)
		if r.UnreadCount != unread || r.MentionCount != mentions {
			return fmt.Errorf("%s has %d chats, of which %d are unread and %d mention who asks, not %d and %d",
				r.Name, r.LastChat.Number, r.UnreadCount, r.MentionCount, unread, mentions)
		}
	}
	return nil
}

// lookedAt is how many of one's own are looked at in a room, of which the first is read: 128, and the room's part of 5,000.
const lookedAt = 232

// countsOf are those of a room with so many chats.
func countsOf(chats int, own bool) (unread, mentions int) {
	switch {
	case !own:
		return min(100, chats-1), min(100, chats/10)
	case chats > 1+lookedAt: // not all are looked at, which stands for many
		return 100, 0
	}
	return 0, 0
}

// Talk lets one client read a page with and without what people have said and done to its chats.
func Talk(ctx context.Context, s *suite.Suite) error {
	talk, p, err := s.ServeTalk(ctx)
	if err != nil {
		return err
	}
	sides, err := talkPages(p, talk)
	if err != nil {
		return err
	}
	medians, cpus, err := readInTurn(ctx, s, []string{"page_plain", "page_author", "page_talk"}, sides)
	if err != nil {
		return err
	}
	const what = "page of 50 with authors, mentions, what is answered, replies counted, 6 reactions each and their people: "
	s.Report.AtMost(2.5, what+"median time / without all of them", report.Over(medians[2], medians[0]))
	s.Report.Compare(what+"CPU / without all of them", report.Over(cpus[2], cpus[0]))
	s.Report.Compare(what+"median time / with authors only", report.Over(medians[2], medians[1]))
	return p.Stop()
}

// talkPages read the newest page of the busy room: lean, with authors, and with all.
func talkPages(p *process.Process, talk *suite.Talk) (sides []reading, err error) {
	for _, fields := range []string{"", ` user{id username}`, talkAll} {
		one, err := load.NewPager(client.ParleyRoute(p.URL), talk.Reader, load.PageRequest(fmt.Sprintf(talkDocument, fields), talk.Busy))
		if err != nil {
			return nil, err
		}
		sides = append(sides, reading{p, one})
	}
	return sides, nil
}
