package accounts

import (
	"strings"
	"testing"
	"time"

	"parley/auth"
	"parley/auth/sessions/recent"
	"parley/limit"
)

// called is a Profile with a name.
func called(name string) Profile { return Profile{Name: new(new(name))} }

// byUsername is a Profile that takes a name back.
func byUsername() Profile { return Profile{Name: new(*string)} }

// What somebody is called is shown wherever they are, and signs nobody in: that is what their username is for.
func TestUpdateMe(t *testing.T) {
	n := start(t)
	in := n.signUp("Ada")
	who := n.wantLive(in.AccessToken)
	for _, c := range []struct {
		what    string
		profile Profile
		want    string
	}{
		{"nothing", Profile{}, "Ada"},
		{"a name", called("  Augusta   King "), "Augusta King"},
		{"the same again", called("Augusta King"), "Augusta King"},
		{"nothing", Profile{}, "Augusta King"},
		{"what another is called", called("Bob"), "Bob"},
		{"none", byUsername(), "Ada"},
		{"none again", byUsername(), "Ada"},
	} {
		got := must(n.UpdateMe(t.Context(), who, c.profile))(t)
		if again := must(n.UserByNameOrID(t.Context(), "ada"))(t); *got != *again || got.Name != c.want || got.Username != "Ada" {
			t.Errorf("%s: answered %+v, and now %+v", c.what, got, again)
		}
		n.clock.pass(recent.Trust)
		if now := n.wantLive(in.AccessToken); now.User.Name != c.want {
			t.Errorf("%s: the session is of %+v", c.what, now.User)
		}
	}
	_, err := n.Login(t.Context(), "Augusta King", password, home)
	wantError(t, err, auth.ErrInvalidCredentials)
}

func TestRefusedProfileChangesNothing(t *testing.T) {
	n := start(t, func(o *Options) { o.ChangeRate = limit.Rate{Calls: 1, Per: time.Minute} })
	who := n.wantLive(n.signUp("ada").AccessToken)
	must(n.UpdateMe(t.Context(), who, called("Augusta King")))(t)
	for name, reason := range map[string]string{
		"": "TOO_SHORT", "  ": "TOO_SHORT", strings.Repeat("n", 65): "TOO_LONG", "a\u202eb": "BAD_CHARACTER", "a\nb": "BAD_CHARACTER", "a\xff": "BAD_CHARACTER",
	} {
		_, err := n.UpdateMe(t.Context(), who, called(name))
		wantInvalid(t, err, "name", reason)
	}
	if got := must(n.UserByNameOrID(t.Context(), "ada"))(t); got.Name != "Augusta King" {
		t.Errorf("they are called %q", got.Name)
	}
	must(n.UpdateMe(t.Context(), who, byUsername()))(t) // for which there is a token still
}

// Changes of accounts have a rate, each person's own: three times as many at once.
func TestChangesHaveARate(t *testing.T) {
	n := start(t, func(o *Options) { o.ChangeRate = limit.Rate{Calls: 2, Per: time.Minute} })
	ada, root := n.wantLive(n.signUp("ada").AccessToken), n.admin("root")
	for range 6 {
		must(n.UpdateMe(t.Context(), ada, Profile{}))(t)
		wantError(t, n.disable(root, "root", true), auth.ErrForbidden) // which counts too
	}
	_, err := n.UpdateMe(t.Context(), ada, called("x"))
	wantLimited(t, err, 30*time.Second)
	wantLimited(t, n.disable(root, "ada", true), 30*time.Second)
	n.clock.pass(30 * time.Second)
	must(n.UpdateMe(t.Context(), ada, called("x")))(t)
}
