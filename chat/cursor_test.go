package chat

import (
	"encoding/base64"
	"errors"
	"testing"

	"github.com/google/uuid"
)

// Whatever is taken for a cursor is what the server itself would write for the place it names, so that no two
// texts are one place; all else is refused as a cursor, and in no other way.
func FuzzCursor(f *testing.F) {
	room := uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8057")
	for _, p := range []position{{}, {place: 1, tag: 1}, {place: 1<<63 - 1, tag: -1}, {place: 7, tag: newTag()}} {
		f.Add(p.cursor(room))
	}
	encode := base64.RawURLEncoding.EncodeToString
	for _, b := range [][]byte{nil, make([]byte, 33), {kindPlace}, append([]byte{kindActivity}, make([]byte, 24)...), append([]byte{kindPlace}, make([]byte, 33)...)} {
		f.Add(encode(b))
		f.Add(base64.StdEncoding.EncodeToString(b))
	}
	good := position{place: 1, tag: 1}.cursor(room)
	for _, text := range []string{"AQ==", good[:4] + "\n" + good[4:], good + "\r\n", good + "=", good[:43] + "B", "A Q", "\n", "é", position{place: -1, tag: 1}.cursor(room), position{tag: 1}.cursor(room), position{place: 1}.cursor(room), activity{}.cursor()} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		of, p, err := parseLogPlace("after", text)
		if err != nil {
			wantBadCursor(t, text, err)
		} else if p.cursor(of) != text || p.place < 0 || (p.place == 0) != (p.tag == 0) {
			t.Fatalf("%q is read as %+v of %s, which is %q", text, p, of, p.cursor(of))
		}
		if _, err := parsePlace("after", text, room); (err == nil) != (of == room && text != "") {
			t.Fatalf("%q is of room %s, and for %s: %v", text, of, room, err)
		}
		if a, err := parseActivity("after", text); err != nil {
			wantBadCursor(t, text, err)
		} else if a.cursor() != text {
			t.Fatalf("%q is read as %+v, which is %q", text, a, a.cursor())
		}
	})
}

func wantBadCursor(t *testing.T, text string, err error) {
	t.Helper()
	var invalid *InvalidError
	if !errors.As(err, &invalid) || invalid.Field != "after" || invalid.Reason != "CURSOR_INVALID" {
		t.Fatalf("%q: %v", text, err)
	}
}
