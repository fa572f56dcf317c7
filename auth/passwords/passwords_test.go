package passwords

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/auth"
)

func TestRules(t *testing.T) {
	for password, want := range map[string]string{
		"":                           "TOO_SHORT",
		"1234567":                    "TOO_SHORT",
		strings.Repeat("u\u0308", 7): "TOO_SHORT", // seven characters, spelled as fourteen
		strings.Repeat("x", 1025):    "TOO_LONG",
		strings.Repeat("x", 10):      "COMMON",
		strings.Repeat("ü", 8):       "COMMON",
		"12345678":                   "COMMON",
		"PassWord123":                "COMMON",
		"!qaz2wsx":                   "COMMON", // the first of the list, and the last
		"zzzzzzz1":                   "COMMON",
		"adalovelace":                "EQUALS_USERNAME",
		"AdaLovelace":                "EQUALS_USERNAME",
		"ａdalovelace":                "EQUALS_USERNAME",
		"correct\xff horse":          "BAD_CHARACTER",
	} {
		var bad *auth.InvalidError
		if err := Check("newPassword", password, "adalovelace"); !errors.As(err, &bad) || bad.Reason != want || bad.Field != "newPassword" {
			t.Errorf("%q: %v, want %s", password, err, want)
		}
	}
	for _, good := range []string{"1234567é", "password123 ", "\n\n\n\n\n\n\n!qaz2wsx", "adalovelace1", " adalovelace", strings.Repeat("xy", 512), "\x00\x00\x00\x00\x00\x00\x00 "} {
		if err := Check("password", good, "adalovelace"); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}

func TestHashIsArgon2idAsPHC(t *testing.T) {
	h := recommended().hash("correct horse battery")
	text := h.String()
	if !strings.HasPrefix(text, "$argon2id$v=19$m=19456,t=2,p=1$") || len(h.salt) != 16 || len(h.sum) != 32 {
		t.Errorf("hash is %s", text)
	}
	again, err := parseHash(text)
	if err != nil || !again.matches("correct horse battery") || again.matches("correct horse battery ") {
		t.Errorf("%s does not match what it was made of: %v", text, err)
	}
}

func TestParseHashIsStrict(t *testing.T) {
	const salt, sum = "AAECAwQFBgcICQoLDA0ODw", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
	good := "$argon2id$v=19$m=64,t=2,p=1$" + salt + "$" + sum
	for _, good := range []string{
		good, recommended().hash("correct horse battery").String(), strings.Replace(good, "m=64,t=2,p=1", "m=65536,t=8,p=4", 1), strings.Replace(good, salt, strings.Repeat("AAAA", 21), 1),
	} {
		if _, err := parseHash(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "$", "$$$$$", good[1:], good + "$", good + " ", good + "=",
		strings.Replace(good, "argon2id", "argon2i", 1),
		strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=64", "m=064", 1),
		strings.Replace(good, "m=64", "m=+64", 1),
		strings.Replace(good, "m=64", "m=4", 1),
		strings.Replace(good, "m=64", "m=4294967295", 1),
		strings.Replace(good, "m=64", "m=65537", 1),
		strings.Replace(good, "t=2", "t=0", 1),
		strings.Replace(good, "t=2", "t=9", 1),
		strings.Replace(good, "m=64,t=2,p=1", "m=65536,t=2,p=5", 1),
		strings.Replace(good, "m=64,t=2,p=1", "m=65536,t=2,p=255", 1),
		strings.Replace(good, salt, strings.Repeat("AAAA", 22), 1), // 66 bytes
		strings.Replace(good, "t=2", "t=4294967295", 1),
		strings.Replace(good, "p=1", "p=0", 1),
		strings.Replace(good, "p=1", "p=1,x=1", 1),
		strings.Replace(good, "m=64,t=2", "t=2,m=64", 1),
		strings.Replace(good, salt, salt[:len(salt)-1]+"x", 1), // unused bits
		strings.Replace(good, salt, "", 1),
		strings.Replace(good, sum, "", 1),
		strings.Replace(good, sum, sum[:30], 1),
	} {
		if h, err := parseHash(bad); err == nil {
			t.Errorf("%q is read as %v", bad, h)
		}
	}
}

func TestHashesWaitForSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, free := &Hasher{slots: newSlots(1, 2, maxWait)}, Request{}
		finish, began, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		client, leave := context.WithCancel(t.Context())
		go func() {
			ended <- h.inSlot(client, free, func() { close(began); <-finish })
		}()
		<-began
		leave() // what began keeps its slot

		waiters := make(chan error, 2)
		from := time.Now()
		for range 2 {
			go func() { waiters <- h.inSlot(t.Context(), free, func() { t.Error("ran beside another") }) }()
		}
		synctest.Wait()
		wantError(t, h.inSlot(t.Context(), free, func() { t.Error("ran without a slot") }), auth.ErrBusy)
		if waited := time.Since(from); waited != 0 {
			t.Errorf("one too many waited %v", waited)
		}
		for range 2 {
			wantError(t, <-waiters, auth.ErrBusy)
		}
		if waited := time.Since(from); waited != 2*time.Second {
			t.Errorf("waited %v", waited)
		}

		gone, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wantError(t, h.inSlot(gone, free, func() { t.Error("ran for nobody") }), context.DeadlineExceeded)

		close(finish)
		wantError(t, <-ended, context.Canceled)
		ran := false
		if err := h.inSlot(t.Context(), free, func() { ran = true }); err != nil || !ran {
			t.Errorf("a free slot is not given: %v", err)
		}
	})
}

// A hash that nobody has is verified like one that somebody has, and no password is right.
func TestVerifyWithoutHash(t *testing.T) {
	h := New(Options{Parallel: 1, Queue: 1, Cost: Cost{Memory: 8, Passes: 1, Threads: 1}})
	right, newer, err := h.Verify(t.Context(), "", "correct horse battery", Request{})
	if right || newer != "" || err != nil || h.Stats().Made != 1 {
		t.Errorf("got %v, %q, %v, and %+v", right, newer, err, h.Stats())
	}
}

func wantError(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}
