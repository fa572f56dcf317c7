package ws

import (
	"testing"

	"parley/e2e/harness"
)

// On a socket it is the end of that operation only, unless nobody can tell which that would be.
func TestHalfPairsOnASocket(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	cut := func(id string) string {
		return `> {"id":"` + id + `","type":"subscribe","payload":{"query":"query($s: String!) { __type(name: $s) { name } }","variables":{"s":"\ud83d"}}}` + "\n"
	}
	play(s, ann, []rule{
		{"a stream lives on, and the id is free", following + "! one\n" + heard("one") + cut("2") + "e 2 BAD_USER_INPUT\n" + cut("2") + "e 2 BAD_USER_INPUT\n" + "! two\n" + heard("two")},
		{"an id in use: 4409", following + cut("1") + "x 4409"},
		{"no id: 4400", signedIn + cut("") + "x 4400"},
		{"before init: 4401", cut("1") + "x 4401"},
		{"in an id: 4400", signedIn + cut(`\ud800`) + "x 4400"},
		{"in a type: 4400", `> {"type":"\ud800"}` + "\nx 4400"},
		{"in connection_init: 4400", `> {"type":"connection_init","payload":{"x":"\udead"}}` + "\nx 4400"},
		{"a whole pair in connection_init", `> {"type":"connection_init","payload":{"x":"\ud83d\ude00\\udead"}}` + "\n" + `< {"type":"connection_ack"}`},
	})
}
