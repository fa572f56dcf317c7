package archive

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"testing"

	"parley/db"
	"parley/db/dbtest"
)

// What exports do not hold that are older than what people read, say and do, and older than what they are on the server.
var (
	ofPeople   = regexp.MustCompile(`,"last_read":\d+,"notify":null|,"reply_to":null,"answered":null|,"emoji":null|,"mentions":0,"reactions":0,"blocks":0`)
	ofStanding = regexp.MustCompile(`,"name":null,"image":null,"admin":null,"disabled_at":null,"issuer":null,"subject":null,"bot":null,"token_hash":null|,"data":null|,"server_invites":0`)
)

// asOf is an export as one of an older schema, without what is missing there.
func asOf(t *testing.T, text []byte, schema int64, missing ...*regexp.Regexp) []byte {
	t.Helper()
	newest, err := db.SchemaVersion()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range missing {
		text = m.ReplaceAll(text, nil)
	}
	return sealed(t, text, fmt.Sprintf(`"schema":%d`, newest), fmt.Sprintf(`"schema":%d`, schema))
}

// released is an export of today of what the first release had.
func released(t *testing.T) []byte {
	t.Helper()
	o := db.Options{URL: "sqlite:parley.db", Dir: t.TempDir()}
	if _, err := Import(t.Context(), o, bytes.NewReader(dbtest.ReleasedExport)); err != nil {
		t.Fatal(err)
	}
	return exported(t, o)
}

// An export of a server that had members and did not know what they have read is taken: they have read all. One that knew no server
// admins, and nobody who is called by another name, is taken as it is; and none holds more than its schema had.
func TestExportBeforeReadingIsTaken(t *testing.T) {
	today := released(t)
	beforeReading := asOf(t, today, withMembers, ofStanding, ofPeople)
	beforeStanding, withIndex := asOf(t, today, withPeople, ofStanding), asOf(t, today, 20261130111200, ofStanding)
	server := dbtest.StartServer(t)
	for i, older := range [][]byte{beforeReading, beforeStanding, withIndex} {
		name := fmt.Sprint("older", i)
		if err := server.Create(t.Context(), name, ""); err != nil {
			t.Fatal(err)
		}
		for _, o := range []db.Options{{URL: "sqlite:parley.db", Dir: t.TempDir()}, {URL: server.URL(name)}} {
			if _, err := Import(t.Context(), o, bytes.NewReader(older)); err != nil {
				t.Fatal(err)
			}
			if again := exported(t, o); !bytes.Equal(again, today) || !bytes.Contains(today, []byte(`"last_read":15`)) {
				t.Errorf("%s: it has become\n%s", o.URL, again)
			}
		}
	}
	for _, c := range []struct {
		older    []byte
		from, to string
	}{
		{beforeReading, `"joined_place":0`, `"last_read":0,"joined_place":0`},
		{beforeReading, `{"table":"room_events"`, `{"table":"blocks"}` + "\n" + `{"table":"room_events"`},
		{beforeStanding, `"leaving":null`, `"leaving":null,"admin":true`},
		{beforeStanding, `"direct_key":null`, `"direct_key":null,"data":null`},
		{beforeStanding, `{"table":"rooms"`, `{"table":"server_invites"}` + "\n" + `{"table":"rooms"`},
	} {
		if err := parsed(sealed(t, c.older, c.from, c.to)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: got %v", c.to, err)
		}
	}
}
