package harness

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"parley/db/dbtest"
)

// Asked are the statements that a server has sent to its database. Its own Take is of all of them.
type Asked struct{ dbtest.Statements }

// Counted is Wired with what is asked.
func Counted(t testing.TB, flags ...string) (*Server, http.Handler, *Asked) {
	t.Helper()
	asked := &Asked{}
	s, handler := Wired(t, asked.Trace, flags...)
	return s, handler, asked
}

// TakeOwn returns those since the last call, without those that read anew whose a token is, as happens to whatever is asked two seconds
// after the last time: a session, and its user by another statement.
func (a *Asked) TakeOwn() []string {
	sessions := 0
	return slices.DeleteFunc(slices.DeleteFunc(a.Take(), func(text string) bool {
		is := strings.Contains(text, "refresh_jti")
		if is {
			sessions++
		}
		return is
	}), func(text string) bool {
		is := sessions > 0 && strings.Contains(text, "password_hash")
		if is {
			sessions--
		}
		return is
	})
}
