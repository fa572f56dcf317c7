package accounts

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/auth"
)

func TestPasswordRules(t *testing.T) {
	n := start(t)
	// No slot is free and nobody may wait long: a refusal has taken no hash.
	n.holdSlots()
	for _, c := range []struct{ password, reason string }{
		{"", "TOO_SHORT"},
		{"1234567", "TOO_SHORT"},
		{strings.Repeat("u\u0308", 7), "TOO_SHORT"}, // seven characters, spelled as fourteen
		{strings.Repeat("x", 1025), "TOO_LONG"},
		{strings.Repeat("x", 10), "COMMON"},
		{strings.Repeat("ü", 8), "COMMON"},
		{"12345678", "COMMON"},
		{"PassWord123", "COMMON"},
		{"!qaz2wsx", "COMMON"}, // the first of the list, and the last
		{"zzzzzzz1", "COMMON"},
		{"adalovelace", "EQUALS_USERNAME"},
		{"AdaLovelace", "EQUALS_USERNAME"},
		{"ａdalovelace", "EQUALS_USERNAME"},
		{"correct\xff horse", "BAD_CHARACTER"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		_, err := n.Register(ctx, "AdaLovelace", c.password, home)
		wantInvalid(t, err, "password", c.reason)
		cancel()
	}
	for _, good := range []string{"1234567é", "password123 ", "\n\n\n\n\n\n\n!qaz2wsx", "adalovelace1", " adalovelace", strings.Repeat("xy", 512), "\x00\x00\x00\x00\x00\x00\x00 "} {
		if err := checkPassword("password", good, "adalovelace"); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}

func TestHashIsArgon2idAsPHC(t *testing.T) {
	h := recommended.hash(password)
	text := h.String()
	if !strings.HasPrefix(text, "$argon2id$v=19$m=19456,t=2,p=1$") || len(h.salt) != 16 || len(h.sum) != 32 {
		t.Errorf("hash is %s", text)
	}
	again, err := parseHash(text)
	if err != nil || !again.matches(password) || again.matches(password+" ") {
		t.Errorf("%s does not match what it was made of: %v", text, err)
	}
}

func TestParseHashIsStrict(t *testing.T) {
	const salt, sum = "AAECAwQFBgcICQoLDA0ODw", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
	good := "$argon2id$v=19$m=64,t=2,p=1$" + salt + "$" + sum
	for _, good := range []string{
		good, recommended.hash(password).String(), strings.Replace(good, "m=64,t=2,p=1", "m=65536,t=8,p=4", 1), strings.Replace(good, salt, strings.Repeat("AAAA", 21), 1),
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
		h, free := &hasher{slots: newSlots(1, 2)}, turn{wanted: always}
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

func TestSignInsAboveTheSlotsAreRefused(t *testing.T) {
	n := start(t, func(o *Options) { o.HashParallel, o.HashQueue = 1, 1 })
	n.signUp("ada")
	leave := n.holdSlots()
	n.waits(home) // one for a hash that takes long
	for _, name := range []string{"ada", "nobody"} {
		_, err := n.Login(t.Context(), name, password, home)
		wantError(t, err, auth.ErrBusy)
	}
	_, err := n.Register(t.Context(), "bob", password, home)
	wantError(t, err, auth.ErrBusy)
	leave()
	n.signIn("ada")
}

func TestNoHashInPrintedErrors(t *testing.T) {
	n := start(t)
	n.signUp("ada")
	n.sql(`UPDATE users SET password_hash = 'not-a-hash'`)
	_, err := n.Login(t.Context(), "ada", password, home)
	if err == nil || strings.Contains(fmt.Sprintf("%+v", err), "not-a-hash") {
		t.Errorf("got %v", err)
	}
}
