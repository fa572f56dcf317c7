package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"parley/auth"
	"parley/auth/accounts"
	"parley/chat"
	"parley/server/settings"
)

// Rooms find people as sign-in knows them, and a deleted account leaves them, at once and behind its deletion.
func TestRoomsKnowAccounts(t *testing.T) {
	c := new(settings.Config)
	if _, err := settings.Parse(c, []string{"--data", filepath.Join(t.TempDir(), "data")}, nil, io.Discard); err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.DiscardHandler)
	store, err := openStore(t.Context(), c, logger, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	s, err := wire(t.Context(), c, logger, store, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.closeNotifier()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.chat.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()

	password := "correct horse battery"
	ann := signUp(t, s.auth, "Ann", password)
	bob := signUp(t, s.auth, "Bob", password)
	room, err := s.chat.CreateRoom(ctx, callerOf(ann), chat.NewRoom{Name: "general"})
	if err != nil {
		t.Fatal(err)
	}
	for _, called := range []string{"bob", "ＢＯＢ", bob.User.ID.String()} {
		m, err := s.chat.AddMember(ctx, callerOf(ann), "general", called, nil)
		if err != nil || m.UserID != bob.User.ID || m.Username != "Bob" {
			t.Errorf("%s is added as %+v, %v", called, m, err)
		}
	}
	if _, err := s.chat.AddMember(ctx, callerOf(ann), "general", "nobody", nil); !errors.Is(err, auth.ErrNoUser) {
		t.Errorf("nobody is added: %v", err)
	}
	who, _, err := s.auth.Identify(ctx, []string{"Bearer " + ann.AccessToken})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.auth.DeleteAccount(ctx, who, accounts.Proof{Password: &password}); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Minute); ; {
		now, err := s.chat.Room(ctx, callerOf(bob), room.ID.String()) // reading has no rate
		if err == nil && now.As.Member.Role.String() == "OWNER" {
			return
		}
		if err != nil || time.Now().After(end) {
			t.Fatalf("the room of a deleted account is not Bob's: %v", err)
		}
	}
}

func signUp(t *testing.T, s *accounts.Service, name, password string) *auth.Tokens {
	t.Helper()
	in, err := s.Register(t.Context(), accounts.Registration{Username: name, Password: password}, auth.Client{})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func callerOf(in *auth.Tokens) chat.Caller {
	return chat.Caller{ID: in.User.ID, Username: in.User.Username}
}
