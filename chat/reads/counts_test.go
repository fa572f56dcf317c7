package reads

import (
	"testing"

	"github.com/google/uuid"
)

// Rooms share what is looked at again: each has its part, and those with less leave theirs to the others.
func TestFairShare(t *testing.T) {
	for _, c := range []struct {
		chats []int
		want  int
	}{
		{nil, SecondLook},
		{[]int{1}, SecondLook},
		{[]int{SecondLook}, SecondLook},
		{[]int{SecondLook + 1}, SecondLook},
		{[]int{1 << 40, 1 << 40}, SecondLook / 2},
		{[]int{9000, 10, 9000, 1000}, (SecondLook - 1010) / 2},
		{[]int{2000, 2000, 1000}, SecondLook},
		{[]int{2000, 2001, 1000}, 2000},
	} {
		var of []stretch
		for _, n := range c.chats {
			of = append(of, stretch{uuid.New(), 7, 7 + n})
		}
		share, all := fairShare(of), 0
		for _, one := range of {
			all += min(one.chats(), share)
		}
		if share != c.want || all > SecondLook {
			t.Errorf("%v: %d of each, %d in all, want %d", c.chats, share, all, c.want)
		}
	}
}
