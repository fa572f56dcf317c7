package accounts

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/auth"
	"parley/naming/usernames"
)

// people puts users into the table: registering would hash a password for each.
func (n *node) people(names ...string) {
	n.t.Helper()
	statements := make([]string, len(names))
	for i, text := range names {
		p, reason := usernames.Parse(text)
		if reason != "" {
			n.t.Fatalf("%q: %s", text, reason)
		}
		statements[i] = fmt.Sprintf(`INSERT INTO users (id, created_at, username, username_key, password_version)
			VALUES ('%s', '2030-01-02 03:04:05+00:00', '%s', '%s', 0)`, uuid.New(), p.Display, p.Key)
	}
	n.sql(statements...)
}

// list is the usernames of a page.
func (n *node) list(startingWith string, first int, after *string) ([]string, *auth.UserPage) {
	n.t.Helper()
	page := must(n.Users(n.t.Context(), auth.Identity{}, startingWith, &first, after))(n.t)
	names := []string{}
	for _, u := range page.Nodes() {
		names = append(names, u.Username)
	}
	return names, page
}

func TestUsersByPrefix(t *testing.T) {
	n := start(t)
	n.people("ada", "Anna", "annika", "ANTON", "an_x", "an-x", "any", "Aoki", "Österreich", "Straße", "straw", "Σίσυφος", "山田はなこ", "zoe")
	an := []string{"an-x", "an_x", "Anna", "annika", "ANTON", "any"}
	for _, c := range []struct {
		prefix string
		want   []string
	}{
		{"", append([]string{"ada"}, append(an, "Aoki", "straw", "Straße", "zoe", "Österreich", "Σίσυφος", "山田はなこ")...)},
		{"an", an},
		{"AN", an},
		{"Ａｎ", an}, // fullwidth
		{"ann", []string{"Anna", "annika"}},
		{"anna", []string{"Anna"}}, // a whole name
		{"an-", []string{"an-x"}},  // what no name may end with
		{"an_", []string{"an_x"}},  // not a wildcard
		{"ö", []string{"Österreich"}},
		{"O\u0308s", []string{"Österreich"}}, // composed
		{"STRAß", []string{"Straße"}},
		{"ΣΊΣ", []string{"Σίσυφος"}}, // a sigma that ends the prefix does not end the name
		{"山田は", []string{"山田はなこ"}},
		// Nobody's name begins so, or could.
		{"annas", nil},
		{"o", nil},
		{"strass", nil},
		{"_", nil},
		{"%", nil},
		{"an%", nil},
		{"a*", nil},
		{"an?", nil},
		{".", nil},
		{"-", nil},
		{" an", nil},
		{"an ", nil},
		{"an\x00", nil},
		{"an\xff", nil},
		{"an' OR '1'='1", nil},
		{"\u0308", nil},
		{"\U0010ffff", nil},
		{strings.Repeat("a", 33), nil},
		{strings.Repeat("a", 300), nil},
	} {
		names, page := n.list(c.prefix, 200, nil)
		if !slices.Equal(names, c.want) || page.HasNextPage || page.HasPreviousPage || page.Edges == nil {
			t.Errorf("%q: %v, %+v", c.prefix, names, page)
		}
	}
}

func TestUsersArePaged(t *testing.T) {
	n := start(t)
	n.people("eve", "Ada", "cy_", "bob", "Dan", "zoe")
	n.sql(`UPDATE users SET deleted_at = created_at WHERE username = 'cy_'`)
	for size, want := range map[int]int{1: 5, 2: 3, 3: 2, 5: 1, 200: 1} {
		all, pages := []string{}, 0
		for after, more := (*string)(nil), true; more; pages++ {
			names, page := n.list("", size, after)
			all = append(all, names...)
			if page.HasPreviousPage != (after != nil) || *page.StartCursor != page.Edges[0].Cursor || *page.EndCursor != page.Edges[len(names)-1].Cursor {
				t.Errorf("page %d of %d each: %+v", pages, size, page)
			}
			after, more = page.EndCursor, page.HasNextPage
		}
		if pages != want || !slices.Equal(all, []string{"Ada", "bob", "Dan", "eve", "zoe"}) {
			t.Errorf("%d pages of %d each: %v", pages, size, all)
		}
	}
}

// A cursor is a position in the order of names, so it outlives the user it was given with, and has
// its position in any list.
func TestCursorIsAPosition(t *testing.T) {
	n := start(t)
	n.people("ada", "anna", "bob", "bodo", "cy_")
	_, page := n.list("", 3, nil)
	bob := page.EndCursor
	n.sql(`UPDATE users SET deleted_at = created_at WHERE username = 'bob'`)
	for prefix, want := range map[string][]string{"": {"bodo", "cy_"}, "b": {"bodo"}, "a": nil, "c": {"cy_"}, "!": nil} {
		if names, page := n.list(prefix, 20, bob); !slices.Equal(names, want) || page.HasNextPage || !page.HasPreviousPage {
			t.Errorf("%q after bob: %v, %+v", prefix, names, page)
		}
	}
}

func TestSizeOfUserPage(t *testing.T) {
	n := start(t)
	names := make([]string, 201)
	for i := range names {
		names[i] = fmt.Sprintf("user%03d", i)
	}
	n.people(names...)
	for _, size := range []int{0, 1, 200} {
		got, page := n.list("user", size, nil)
		if !slices.Equal(got, names[:size]) || !page.HasNextPage || (page.StartCursor == nil) != (size == 0) || (page.EndCursor == nil) != (size == 0) {
			t.Errorf("%d: %d names, %+v", size, len(got), page)
		}
	}
	if page := must(n.Users(t.Context(), auth.Identity{}, "", nil, nil))(t); len(page.Edges) != 20 || !page.HasNextPage {
		t.Errorf("%d by default", len(page.Edges))
	}
	if got, page := n.list("user", 200, new(userCursor("user000"))); len(got) != 200 || page.HasNextPage {
		t.Errorf("%d after the first, more: %v", len(got), page.HasNextPage)
	}
	for _, size := range []int{-1, 201} {
		_, err := n.Users(t.Context(), auth.Identity{}, "", &size, nil)
		wantInvalid(t, err, "first", "OUT_OF_RANGE")
	}
}

// badCursors are not of our making: another kind, another spelling of a good one, no name in it.
func badCursors() []string {
	b64 := base64.RawURLEncoding.EncodeToString
	good := userCursor("anna")
	return []string{
		"", "!", "anna", good[1:], good + "=", good + "\n", good[:3] + "\n" + good[3:], " " + good, good[:len(good)-1] + "B",
		b64([]byte("\x01anna")), b64([]byte("\x02anna")), b64([]byte{kindUser}), b64([]byte("\x03an")), b64([]byte("\x03Anna")),
		b64([]byte("\x03an na")), b64([]byte("\x03anna\xff")), b64([]byte("\x03' OR 1")), strings.Repeat("A", 300),
		base64.StdEncoding.EncodeToString([]byte("\x03山田はなこ")),
	}
}

func TestBadUserCursors(t *testing.T) {
	n := start(t)
	for _, text := range badCursors() {
		for _, prefix := range []string{"", "!"} {
			_, err := n.Users(t.Context(), auth.Identity{}, prefix, nil, &text)
			wantInvalid(t, err, "after", "CURSOR_INVALID")
		}
	}
}

// Whatever strangers send: a cursor that is read is one that we would write, and names a key.
func FuzzUserCursor(f *testing.F) {
	for _, text := range badCursors() {
		f.Add(text)
	}
	for _, key := range []string{"ada", "a.b-c_d", "борис", "山田はなこ", "हिन्दी"} {
		f.Add(key)
		f.Add(userCursor(key))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if key, ok := parseUserCursor(text); ok {
			if n, reason := usernames.Parse(key); reason != "" || n.Key != key || userCursor(key) != text {
				t.Fatalf("%q is read as %q, which is %+v %s", text, key, n, reason)
			}
		}
		if n, reason := usernames.Parse(text); reason == "" {
			if key, ok := parseUserCursor(userCursor(n.Key)); !ok || key != n.Key {
				t.Fatalf("the cursor of %q is read as %q", n.Key, key)
			}
		}
	})
}
