package auth

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/e2e/harness"
)

// Ten wrong passwords for a name, from wherever, are all that a guesser has; whether the name exists
// makes no difference. The owner, who has a session in their network, still gets in.
func TestTenGuesses(t *testing.T) {
	s := harness.New(t, harness.BehindProxy)
	s.Register("ann")
	for i := range 10 {
		for _, name := range []string{"ann", "ANN.", "nobody"} {
			if a := s.LoginFrom(fmt.Sprintf("198.51.%d.7", i), name, "wrong horse battery"); a.Code() != "INVALID_CREDENTIALS" {
				t.Fatalf("guess %d for %s: %s", i, name, a.Body)
			}
		}
	}
	for _, name := range []string{"ann", "ANN", "Ａnn", "nobody", "ANN."} {
		harness.WantLimited(t, s.LoginFrom("203.0.113.1", name, "correct horse battery"), 90*time.Second)
	}
	// What the client itself puts into the header is left of what the proxy saw.
	harness.WantLimited(t, s.LoginFrom("127.0.0.1, 203.0.113.1", "ann", "correct horse battery"), 90*time.Second)
	harness.WantLimited(t, s.LoginFrom("192.0.2.1, 203.0.113.1", "ann", "correct horse battery"), 90*time.Second)
	if _, a := s.Login("ann", "correct horse battery"); len(a.Errors) > 0 {
		t.Errorf("the owner: %s", a.Body)
	}
	if a := s.LoginFrom("203.0.113.1", "bob", "correct horse battery"); a.Code() != "INVALID_CREDENTIALS" {
		t.Errorf("somebody else: %s", a.Body)
	}
}

// Without a proxy that is trusted the header is nothing but the client's own invention: guesses with a
// new one each come from one network.
func TestForgedAddressesDoNotHelp(t *testing.T) {
	s := harness.New(t, "--login-attempts", "2/15m")
	for i := range 10 {
		if a := s.LoginFrom(fmt.Sprintf("198.51.100.%d", i), fmt.Sprintf("person%d", i), "wrong horse battery"); a.Code() != "INVALID_CREDENTIALS" {
			t.Fatalf("guess %d: %s", i, a.Body)
		}
	}
	harness.WantLimited(t, s.LoginFrom("203.0.113.1", "person99", "wrong horse battery"), 90*time.Second)
}

// One network has five times as many guesses for all names together; another network has its own.
// IPv6 counts by /64.
func TestGuessesOfOneNetwork(t *testing.T) {
	s := harness.New(t, harness.BehindProxy, "--login-attempts", "2/15m")
	for i := range 10 {
		if a := s.LoginFrom(fmt.Sprintf("2001:db8::%d", i), fmt.Sprintf("person%d", i), "wrong horse battery"); a.Code() != "INVALID_CREDENTIALS" {
			t.Fatalf("guess %d: %s", i, a.Body)
		}
	}
	harness.WantLimited(t, s.LoginFrom("2001:db8::ffff:1:2:3", "person99", "wrong horse battery"), 90*time.Second)
	if a := s.LoginFrom("2001:db8:0:1::1", "person99", "wrong horse battery"); a.Code() != "INVALID_CREDENTIALS" {
		t.Errorf("the next network: %s", a.Body)
	}
}

// Guesses are counted where all processes see them, and survive them.
func TestGuessesAreCountedForAllProcesses(t *testing.T) {
	dir := harness.DataDir(t)
	one, two := harness.StartProcess(t, dir, harness.BehindProxy), harness.StartProcess(t, dir, harness.BehindProxy)
	one.Register("ann")
	for i := range 10 {
		p := []*harness.Process{one, two}[i%2]
		if a := p.LoginFrom(fmt.Sprintf("198.51.100.%d", i), "ann", "wrong horse battery"); a.Code() != "INVALID_CREDENTIALS" {
			t.Fatalf("guess %d: %s", i, a.Body)
		}
	}
	harness.WantLimited(t, one.LoginFrom("203.0.113.1", "ann", "correct horse battery"), 90*time.Second)
	harness.WantLimited(t, two.LoginFrom("203.0.113.2", "ann", "correct horse battery"), 90*time.Second)
	_ = one.Stop()
	_ = two.Stop()
	three := harness.StartProcess(t, dir, harness.BehindProxy)
	harness.WantLimited(t, three.LoginFrom("203.0.113.3", "ann", "correct horse battery"), 90*time.Second)
	if _, a := three.Login("ann", "correct horse battery"); len(a.Errors) > 0 {
		t.Errorf("the owner: %s", a.Body)
	}
}

// Who waits as long as they are told gets in, and not earlier.
func TestLimitsPass(t *testing.T) {
	s := harness.New(t, harness.BehindProxy, "--login-attempts", "2/4s", "--address-request-rate", "0")
	s.Register("ann")
	var told harness.Answer
	var asked time.Time
	for told.Code() != "RATE_LIMITED" {
		asked = time.Now()
		if told = s.LoginFrom("198.51.100.1", "ann", "wrong horse battery"); told.Code() == "" {
			t.Fatal(told.Body)
		}
	}
	harness.WantLimited(t, told, 2*time.Second)
	wait, _ := told.Extension("retryAfterMs").(float64)
	passes := time.Now().Add(time.Duration(wait) * time.Millisecond)
	for {
		sent := time.Now()
		a := s.LoginFrom("198.51.100.1", "ann", "correct horse battery")
		if len(a.Errors) == 0 {
			break
		}
		if harness.WantLimited(t, a, 2*time.Second); sent.After(passes) {
			t.Fatalf("told to wait %v ms and is still limited: %s", wait, a.Body)
		}
	}
	const rounding = 2 * time.Millisecond // the server's clock and its answer have whole milliseconds
	if waited := time.Since(asked); waited < time.Duration(wait)*time.Millisecond-rounding {
		t.Errorf("in after %v, told to wait %v ms", waited, wait)
	}
}

func TestRegistrationsOfOneNetwork(t *testing.T) {
	s := harness.New(t, harness.BehindProxy, "--register-rate", "3/1h")
	register := func(address, name string) harness.Answer {
		return s.RegisterAs(name, "correct horse battery", "X-Forwarded-For", address)
	}
	for _, name := range []string{"ann", "bob", "no such name"} { // a refused one counts too
		if a := register("198.51.100.1", name); a.Code() == "RATE_LIMITED" {
			t.Errorf("%s: %s", name, a.Body)
		}
	}
	harness.WantLimited(t, register("198.51.100.1", "cleo"), 20*time.Minute)
	harness.WantLimited(t, register("192.0.2.9, 198.51.100.1", "cleo"), 20*time.Minute)
	if a := register("198.51.100.2", "cleo"); len(a.Errors) > 0 {
		t.Errorf("another network: %s", a.Body)
	}
}

// A stolen access token is no way to guess the password: the two fields that ask for it share ten
// guesses, wherever they come from. Signing in has its own.
func TestGuessesOfSomebodySignedIn(t *testing.T) {
	s := harness.New(t, harness.BehindProxy)
	token, _ := s.Register("ann")
	ask := func(i int, document string) harness.Answer {
		return s.Post(s.Body(document), "Authorization", "Bearer "+token, "X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i))
	}
	change := func(password string) string {
		return `mutation { changePassword(currentPassword: "` + password + `", newPassword: "a new horse battery") { id } }`
	}
	remove := func(password string) string { return `mutation { deleteAccount(password: "` + password + `") }` }
	for i := range 5 {
		for _, document := range []string{change("wrong horse battery"), remove("wrong horse battery")} {
			if a := ask(i, document); a.Code() != "INVALID_CREDENTIALS" {
				t.Fatalf("guess %d: %s: %s", i, document, a.Body)
			}
		}
	}
	for _, password := range []string{"wrong horse battery", "correct horse battery"} {
		harness.WantLimited(t, ask(11, change(password)), 90*time.Second)
		harness.WantLimited(t, ask(12, remove(password)), 90*time.Second)
	}
	if a := s.LoginFrom("203.0.113.1", "ann", "correct horse battery"); len(a.Errors) > 0 {
		t.Errorf("signing in: %s", a.Body)
	}
	s.WantCode(token, "")
}

func TestOneOperationIsOneGuess(t *testing.T) {
	s := harness.New(t, "--login-attempts", "1/1h")
	token, refresh := s.Register("ann")
	const login = `login(username: "ann", password: "wrong horse battery") { accessToken }`
	const register = `register(username: "bob", password: "correct horse battery") { accessToken }`
	const change = `changePassword(currentPassword: "wrong horse battery", newPassword: "a new horse battery") { id }`
	const remove = `deleteAccount(password: "wrong horse battery")`
	renew := `refreshToken(token: "` + refresh + `") { accessToken }`
	for _, document := range []string{
		"mutation { a: " + login + " b: " + login + " }",
		"mutation { ...A ...B } fragment A on Mutation { a: " + login + " } fragment B on Mutation { b: " + login + " }",
		"mutation { ... on Mutation { a: " + login + " } " + renew + " }",
		"mutation { " + login + " logout }",
		"mutation { a: " + change + " b: " + change + " }",
		"mutation { a: " + remove + " b: " + remove + " }",
		"mutation { " + change + " " + remove + " }",
		"mutation { ...A ...B } fragment A on Mutation { " + change + " } fragment B on Mutation { " + login + " }",
		"mutation { ... @include(if: true) { " + remove + " } " + register + " }",
		"mutation { " + renew + " logout }",
	} {
		for _, who := range []string{"", token} {
			if a := s.AskThrough(who, document); a.Data != nil || (a.Code() != "OPERATION_TOO_COMPLEX" && a.Code() != "UNAUTHENTICATED") ||
				(a.Code() == "UNAUTHENTICATED" && who != "") {
				t.Errorf("%s: %s", document, a.Body)
			}
		}
	}
	// None of them was a guess, or did anything.
	for _, document := range []string{"mutation { " + login + " }", "mutation { " + change + " }"} {
		if a := s.AskThrough(token, document); a.Code() != "INVALID_CREDENTIALS" {
			t.Errorf("%s: %s", document, a.Body)
		}
		harness.WantLimited(t, s.AskThrough(token, document), time.Hour)
	}
	s.Must(nil, token, "mutation { "+renew+" }")
	s.Must(nil, "", "mutation { "+register+" }")
}

// Signing in says the same, whoever does not get in.
func TestNobodyLearnsWhoHasAnAccount(t *testing.T) {
	s := harness.New(t, "--login-attempts", "0")
	s.Register("ann")
	gone, _ := s.Register("gone")
	s.Must(nil, gone, `mutation { deleteAccount(password: "correct horse battery") }`)
	same := map[string][]string{}
	for name, password := range map[string]string{
		"ann": "wrong horse battery", "nobody": "correct horse battery", "gone": "correct horse battery", "GONE": "wrong horse battery",
		"a@b.example": "correct horse battery", "": "", "аnn": "correct horse battery", strings.Repeat("x", 300): "wrong horse battery",
		"01890a5dac96774bbcceb302099a8057": "correct horse battery", "nul\x00": "nul\x00",
	} {
		_, a := s.Login(name, password)
		if a.Code() != "INVALID_CREDENTIALS" {
			t.Errorf("%.40q: %s", name, a.Body)
		}
		a.Header.Del("Date")
		text := fmt.Sprint(a.Status, a.Header, strings.ReplaceAll(a.Body, harness.WordOf(a, "requestId"), "ID"))
		same[text] = append(same[text], name)
	}
	if len(same) != 1 {
		t.Errorf("the answers differ: %q", same)
	}
}
