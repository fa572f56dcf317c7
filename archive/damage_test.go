package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"parley/db"
	"parley/db/dbtest"
	"parley/db/tables"
	"parley/rounds"
)

// Whatever happens to an export on its way is found, and nothing is stored.
func TestDamagedExportIsRefused(t *testing.T) {
	text := everything(t)
	lines := bytes.SplitAfter(text, []byte("\n"))
	lines = lines[:len(lines)-1]
	damaged := map[string][]byte{"more": append(slices.Clone(text), "{}\n"...), "no end of line": text[:len(text)-1], "nothing": nil}
	for i := range lines {
		damaged["cut before line "+string(lines[i])] = bytes.Join(lines[:i], nil)
		damaged["without "+string(lines[i])] = bytes.Join(slices.Delete(slices.Clone(lines), i, i+1), nil)
		damaged["twice "+string(lines[i])] = bytes.Join(slices.Insert(slices.Clone(lines), i, lines[i]), nil)
		if i > 0 {
			swapped := slices.Clone(lines)
			swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
			damaged["swapped "+string(lines[i])] = bytes.Join(swapped, nil)
		}
	}
	for what, text := range damaged {
		if err := parsed(text); !errors.Is(err, ErrDamaged) {
			t.Errorf("%.80s: got %v", what, err)
		}
	}
	flips := []byte{0x01, 0x20, 0x80}
	for at := 0; at < len(text); at++ {
		if at > 2000 && at < len(text)-600 && at%97 != 0 {
			continue
		}
		for i := range rounds.Of(t, 1, len(flips)) {
			flip := flips[(at+i)%len(flips)]
			text[at] ^= flip
			if err := parsed(text); err == nil {
				t.Errorf("byte %d with %#x flipped passes", at, flip)
			}
			text[at] ^= flip
		}
	}
}

// parsed reads an export into nothing.
func parsed(text []byte) error {
	nowhere := func(context.Context, *tables.Batch) error { return nil }
	_, _, err := load(context.Background(), bytes.NewReader(text), nil, nowhere)
	return err
}

// sealed gives a changed export the trailer that fits it.
func sealed(t *testing.T, text []byte, from, to string) []byte {
	t.Helper()
	changed := bytes.Replace(text, []byte(from), []byte(to), 1)
	if bytes.Equal(changed, text) {
		t.Fatalf("%q is not in the export", from)
	}
	at := bytes.LastIndex(changed[:len(changed)-1], []byte("\n")) + 1
	sum := sha256.Sum256(changed[:at])
	start := bytes.Index(changed[at:], []byte(`","users"`))
	return slices.Concat(changed[:at], fmt.Appendf(nil, `{"sha256":"%x`, sum), changed[at+start:])
}

// An export whose checksum is right is refused when readers would find its logs broken, or the database does.
func TestUnsoundExportIsRefused(t *testing.T) {
	text := everything(t)
	server := dbtest.StartServer(t)
	if err := server.Create(t.Context(), "x", ""); err != nil {
		t.Fatal(err)
	}
	const other = "00000000-0000-4000-8000-000000000001"
	for from, c := range map[string]struct{ to, says string }{
		`"number":2,"place":2`:        {`"number":3,"place":2`, "chat 2 of a room is missing"},
		`"place":3,"number":3,"kind"`: {`"place":9,"number":3,"kind"`, "place 3 of a room is missing"},
		`"last_tag":"10"`:             {`"last_tag":"11"`, "counters"},
		`"last_number":3`:             {`"last_number":4`, "counters"},
		`"last_place":5`:              {`"last_place":4`, "counters"},
		`"kind":"CHAT_EDITED"`:        {`"kind":"X"`, "kind"},
		`"username_key":"gone"`:       {`"username_key":"general"`, "username_key"},
		`,"created_by":"`:             {`,"created_by":"` + other + `","x":"`, "no field"},
		`"topic":""`:                  {`"topic":"\u0000"`, "U+0000"},
		`"schema":2026`:               {`"schema":3026`, "newer"},
		`"version":1`:                 {`"version":2`, "newer"},
	} {
		for _, o := range []db.Options{{URL: "sqlite:parley.db", Dir: t.TempDir()}, {URL: server.URL("x")}} {
			_, err := importRows(t.Context(), o, bytes.NewReader(sealed(t, text, from, c.to)), nil)
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s %s: got %v, want %s", o.URL, from, err, c.says)
			}
			if o.Dir != "" {
				dbtest.WantEmpty(t, o.Dir)
			}
		}
	}
	// References, and that Postgres has them again.
	owner := regexp.MustCompile(`"created_by":"[^"]*"`).Find(text)
	for _, o := range []db.Options{{URL: "sqlite:parley.db", Dir: t.TempDir()}, {URL: server.URL("x")}} {
		if _, err := importRows(t.Context(), o, bytes.NewReader(sealed(t, text, string(owner), `"created_by":"`+other+`"`)), nil); err == nil {
			t.Errorf("%s: a row that points nowhere was taken", o.URL)
		}
	}
	o := db.Options{URL: server.URL("x")}
	if _, err := importRows(t.Context(), o, bytes.NewReader(text), nil); err != nil {
		t.Errorf("after all the refused ones: %v", err)
	}
	references, err := server.Ask(t.Context(), "x", "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated")
	if err != nil || references != "19" {
		t.Errorf("%s references, %v; want 19", references, err)
	}
}
