package auth

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/db/dbtest"
	"parley/e2e/harness"
)

// wantRefusal wants a command to end with a status and one line that names what is wrong.
func wantRefusal(t *testing.T, want int, names, dir, stdin string, args ...string) {
	t.Helper()
	status, stdout, stderr := shell(t, dir, stdin, args...)
	if status != want || stdout != "" || !strings.HasPrefix(stderr, "parley: ") || !strings.Contains(stderr, names) || strings.Count(stderr, "\n") != 1 {
		t.Errorf("%q: status %d, %q, %q; want status %d and one line that names %s", args, status, stdout, stderr, want, names)
	}
}

// What cannot be done is said in one line, and nothing is done.
func TestShellSaysWhatIsWrong(t *testing.T) {
	s := &harness.StartProcess(t, harness.DataDir(t)).Server
	s.Register("ann")
	gone, _ := s.Register("gone")
	s.Must(nil, gone, `mutation { deleteAccount(password: "correct horse battery") }`)
	before := mustShell(t, s.Dir, "", "user", "list")
	for _, c := range []struct{ command, stdin, names string }{
		{"user add ab", "", "username: TOO_SHORT"},
		{"user add a@b", "", "username: BAD_CHARACTER"},
		{"user add ANN", "", `"ANN"`},
		{"user add gone", "", `"gone"`},
		{"user add bob", "short\n", "password: TOO_SHORT"},
		{"user add bob", "password123\n", "password: COMMON"},
		{"user add bob", "\nentirely new battery\n", "stdin"},
		{"user set-password ann", "short\n", "password: TOO_SHORT"},
		{"user set-password ann", "\r\n", "stdin"},
		{"user set-password nobody", "", `"nobody"`},
		{"user set-password gone", "", `"gone"`},
		{"user disable nobody", "", `"nobody"`},
		{"user disable a@b", "", `"a@b"`},
		{"user disable gone", "", `"gone"`},
		{"user disable " + harness.NilID, "", harness.NilID},
		{"user enable nobody", "", `"nobody"`},
		{"admin add nobody", "", `"nobody"`},
		{"admin add gone", "", `"gone"`},
		{"admin remove nobody", "", `"nobody"`},
	} {
		wantRefusal(t, harness.ExitFailure, c.names, s.Dir, c.stdin, strings.Fields(c.command)...)
	}
	if after := mustShell(t, s.Dir, "", "user", "list"); after != before || strings.Count(before, "\n") != 1 {
		t.Errorf("the accounts were\n%s, and are\n%s", before, after)
	}
	s.WantCode(s.SignIn("ann", "correct horse battery").AccessToken, "")
}

// A wrong call is told from what could not be done, and names what is wrong with it. It does nothing either.
func TestShellIsCalledWrongly(t *testing.T) {
	s, root := inviting(t)
	for command, names := range map[string]string{
		"user add": "name", "user set-password": "name", "user disable": "name", "user enable": "name", "admin add": "name", "admin remove": "name",
		"user ban ann": "ban", "user list ann": "ann", "admin add ann bob": "bob", "invite ann": "ann",
		"invite --uses many": "--uses", "invite --uses 1001": "--uses", "invite --uses=-1": "--uses",
		"invite --until yesterday": "--until", "invite --until 2001-01-01T00:00:00Z": "--until", "invite --until 0d": "--until", "invite --until=-5m": "--until",
	} {
		wantRefusal(t, harness.ExitUsage, names, s.Dir, "", strings.Fields(command)...)
	}
	if list := invitesOf(s, root); len(list) != 0 {
		t.Errorf("the invites are %+v", list)
	}
}

// Whoever makes an invite where nobody is asked for one is told so. The code is for whoever reads stdout.
func TestShellSaysWhatACodeIsGoodFor(t *testing.T) {
	s, _ := inviting(t)
	for flag, says := range map[string]string{
		"--registration=invite": "/join#", "--registration=open": "registration is open", "--registration=closed": "registration is closed",
	} {
		status, stdout, stderr := shell(t, s.Dir, "", "invite", flag)
		code := strings.TrimSpace(stdout)
		if status != harness.ExitOK || !letsIn(s, code) || strings.Contains(stderr, code) || !strings.Contains(stderr, says) {
			t.Errorf("%s: status %d, %q, %q; want %s", flag, status, stdout, stderr, says)
		}
		if strings.Count(stderr, `"server_invite_created"`) != 1 {
			t.Errorf("the audit is %q", stderr)
		}
	}
}

// The shell makes no database: whoever misspells a directory is told so.
func TestShellMakesNoDatabase(t *testing.T) {
	dbtest.SkipOnPostgres(t, "there the operator makes the database")
	dir := harness.DataDir(t)
	for _, command := range []string{"user add ann", "user list", "user disable ann", "admin add ann", "admin list", "invite"} {
		wantRefusal(t, harness.ExitFailure, "there is no database yet", dir, "", strings.Fields(command)...)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the data directory is there")
	}
}

// Nor does it change a schema, under which a node of another release may run.
func TestShellMigratesNothing(t *testing.T) {
	p := harness.StartProcess(t, harness.DataDir(t))
	p.Register("ann")
	p.Interrupt()
	pool := dbtest.Pool(t, p.Dir)
	if _, err := pool.ExecContext(t.Context(), `DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)`); err != nil {
		t.Fatal(err)
	}
	version := func() (newest int64) {
		t.Helper()
		if err := pool.QueryRowContext(t.Context(), `SELECT max(version_id) FROM goose_db_version`).Scan(&newest); err != nil {
			t.Fatal(err)
		}
		return newest
	}
	before := version()
	for _, command := range []string{"user list", "user disable ann", "admin add ann", "invite"} {
		wantRefusal(t, harness.ExitFailure, "parley migrate", p.Dir, "", strings.Fields(command)...)
	}
	if after := version(); after != before {
		t.Errorf("the schema was %d and is %d", before, after)
	}
}

// The list has a line for each account, and says who is a server admin and who is disabled. An id does where a name does.
func TestShellListsPeople(t *testing.T) {
	s := &harness.StartProcess(t, harness.DataDir(t)).Server
	for _, name := range []string{"cid", "Ann", "dan", "bob", "eve"} {
		s.Register(name)
	}
	s.Must(nil, s.SignIn("eve", "correct horse battery").AccessToken, `mutation { deleteAccount(password: "correct horse battery") }`)
	var dan struct{ User struct{ ID string } }
	s.Must(&dan, s.SignIn("cid", "correct horse battery").AccessToken, `{ user(id: "dan") { id } }`)
	for _, args := range [][]string{
		{"admin", "add", "ann"}, {"user", "disable", "bob"}, {"admin", "add", dan.User.ID}, {"user", "disable", strings.ToUpper(dan.User.ID)},
	} {
		mustShell(t, s.Dir, "", args...)
	}
	form := regexp.MustCompile(`^(\S+)  [0-9a-f-]{36}  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d((?:  [a-z]+)*)\n$`)
	shown := func(command string) (people []string) {
		for line := range strings.Lines(mustShell(t, s.Dir, "", strings.Fields(command)...)) {
			if parts := form.FindStringSubmatch(line); parts != nil {
				people = append(people, parts[1]+parts[2])
			} else {
				t.Errorf("%s shows %q", command, line)
			}
		}
		return people
	}
	if got, want := shown("user list"), []string{"Ann  admin", "bob  disabled", "cid", "dan  admin  disabled"}; !slices.Equal(got, want) {
		t.Errorf("the accounts are %q, want %q", got, want)
	}
	if got, want := shown("admin list"), []string{"Ann  admin", "dan  admin  disabled"}; !slices.Equal(got, want) {
		t.Errorf("the server admins are %q, want %q", got, want)
	}
}

// An invite of the shell lets in as many as it says and as long as it says: once and for ever, where it says nothing.
func TestShellInvites(t *testing.T) {
	s, root := inviting(t)
	begun, until := time.Now(), time.Now().Add(48*time.Hour).UTC().Truncate(time.Second)
	codes := []string{
		shellInvite(t, s, "--uses", "2", "--until", "7d"), shellInvite(t, s), shellInvite(t, s, "--uses", "0", "--until", until.Format(time.RFC3339)),
	}
	made := time.Now()
	list := invitesOf(s, root)
	if len(list) != 3 {
		t.Fatalf("the invites are %+v", list)
	}
	for i, code := range codes {
		if !regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{26}$`).MatchString(code) || list[i].Code != code || list[i].CreatedBy != nil || list[i].Room != nil {
			t.Errorf("the code %q is that of %+v", code, list[i])
		}
	}
	const week, rounding = 7 * 24 * time.Hour, time.Millisecond
	if end := list[0].Until; end == nil || end.Before(begun.Add(week-rounding)) || end.After(made.Add(week)) {
		t.Errorf("7d from %v is %v", begun, end)
	}
	if list[1].Until != nil || list[2].Until == nil || !list[2].Until.Equal(until) || list[2].Uses != nil {
		t.Errorf("one that is used once is %+v, one until %v is %+v", list[1], until, list[2])
	}
	for _, c := range []struct{ name, code, want string }{
		{"guest1", codes[0], ""},
		{"guest2", codes[0], ""},
		{"guest3", codes[0], "FORBIDDEN"},
		{"guest3", codes[1], ""},
		{"guest4", codes[1], "FORBIDDEN"},
		{"guest4", codes[2], ""},
		{"guest5", codes[2], ""},
		{"guest6", codes[2], ""},
	} {
		if a := registerWith(s, c.name, c.code); a.Code() != c.want || c.want == "" && len(a.Errors) > 0 {
			t.Errorf("%s: %s, want %q", c.name, a.Body, c.want)
		}
	}
	if people := peopleOf(t, s); len(people) != 7 {
		t.Errorf("the accounts are %v", people)
	}
}
