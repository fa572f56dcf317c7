package harness

import (
	"slices"
	"testing"
)

// A session that is read anew is no part of what is counted, and neither is its user. Other people are, and who is read without a session.
func TestWhatIsCounted(t *testing.T) {
	const session, user, page = "SELECT refresh_jti FROM sessions", "SELECT password_hash FROM users", "SELECT text FROM chats"
	var a Asked
	for _, c := range []struct{ asked, want []string }{
		{nil, nil},
		{[]string{page, page}, []string{page, page}},
		{[]string{session, user, page}, []string{page}},
		{[]string{session, page, user, user}, []string{page, user}},
		{[]string{user, page}, []string{user, page}},
		{[]string{session, user, page, session, user}, []string{page}},
	} {
		for _, text := range c.asked {
			a.Trace(t.Context(), "query="+text+" args=[]")
		}
		if got := a.TakeOwn(); !slices.Equal(got, c.want) {
			t.Errorf("of %q are counted %q", c.asked, got)
		}
	}
}
