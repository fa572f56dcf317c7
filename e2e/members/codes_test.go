package members

import (
	"fmt"
	"sync"
	"testing"

	"parley/e2e/harness"
)

// Twenty come by a code while it ends, in each way in which one can: nobody comes in who asks behind the answer of what has ended
// it. They are told what somebody is told who guesses.
func TestCodesThatEndMeanwhile(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	var tokens []string
	for i := range 30 {
		token, _ := s.Register(fmt.Sprint("person", i))
		tokens = append(tokens, token)
	}
	accept := func(token, code string) (in bool) {
		a := s.AskThrough(token, `mutation($c: String!) { acceptInvite(code: $c) { id } }`, map[string]any{"c": code})
		guessed := s.AskThrough(token, `mutation($c: String!) { acceptInvite(code: $c) { id } }`, map[string]any{"c": noCode})
		if in = len(a.Errors) == 0; !in && (a.Code() != "NOT_FOUND" || a.Errors[0].Message != guessed.Errors[0].Message || a.Status != guessed.Status) {
			t.Errorf("%s, and of a guess %s", a.Body, guessed.Body)
		}
		return in
	}
	for what, end := range map[string]string{
		"deleted":             `mutation($i: ID!) { deleteInvite(invite: $i) }`,
		"demoted":             `mutation($r: ID!) { setRole(room: $r, user: "bob", role: MEMBER) { id } }`,
		"removed":             `mutation($r: ID!) { removeMember(room: $r, user: "bob") }`,
		"banned":              `mutation($r: ID!) { banMember(room: $r, user: "bob") { createdAt } }`,
		"the end of the room": `mutation($r: ID!) { deleteRoom(room: $r) }`,
	} {
		var made struct {
			CreateRoom   struct{ ID string }
			CreateInvite struct{ ID, Code string }
		}
		s.Must(&made, ann, `mutation($n: String!) { createRoom(name: $n, kind: PRIVATE, members: ["bob"]) { id } }`, map[string]any{"n": what})
		room := map[string]any{"r": made.CreateRoom.ID}
		s.Must(nil, ann, `mutation($r: ID!) { setRole(room: $r, user: "bob", role: ADMIN) { id } }`, room)
		s.Must(&made, bob, `mutation($r: ID!) { createInvite(room: $r, uses: 0) { id code } }`, room)
		if what == "deleted" {
			room = map[string]any{"i": made.CreateInvite.ID}
		}
		var coming sync.WaitGroup
		for _, token := range tokens[:20] {
			coming.Go(func() { accept(token, made.CreateInvite.Code) })
		}
		s.Must(nil, ann, end, room)
		late := 0
		for _, token := range tokens[20:] {
			if accept(token, made.CreateInvite.Code) {
				late++
			}
		}
		if coming.Wait(); late > 0 {
			t.Errorf("%s: %d came in by it later", what, late)
		}
	}
}

// Whoever guesses codes is stopped by the rate of what people change.
func TestGuessesOfCodes(t *testing.T) {
	s := harness.New(t, "--mutation-rate", "1/1h") // of which three at once
	ann, _ := s.Register("ann")
	for i, want := range []string{"NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "RATE_LIMITED", "RATE_LIMITED"} {
		if a := s.AskThrough(ann, `mutation($c: String!) { acceptInvite(code: $c) { id } }`, map[string]any{"c": noCode}); a.Code() != want {
			t.Errorf("guess %d: %s, want %s", i+1, a.Body, want)
		}
	}
}
