package accounts

import (
	"errors"
	"fmt"

	"parley/auth/attempts"
	"parley/auth/passwords"
	"parley/auth/sessions"
	"parley/db/tables"
	"parley/naming/usernames"
)

// RowCheck returns a check of the rows of an import: what this package would not have stored is wrong. Rows of other tables
// pass, but for the usernames on chats and events. It is for one goroutine.
func RowCheck() func(tables.Row) error {
	authors := map[string]bool{} // usernames on chats and events that are good
	return func(r tables.Row) error {
		switch r.Table.Name {
		case "users":
			return checkUser(r)
		case "sessions":
			return sessions.CheckRow(r)
		case "login_limits":
			bucket, _ := r.Value("bucket")
			return attempts.CheckBucket(bucket)
		case "chats", "room_events":
			username, there := r.Value("username")
			if !there || authors[username] {
				return nil
			}
			if _, err := shownName(r.Table.Name+".username", username); err != nil {
				return err
			}
			if len(authors) >= 10_000 { // an export has any number of them
				clear(authors)
			}
			authors[username] = true
		}
		return nil
	}
}

// shownName returns the key of a username as it was given at registration.
func shownName(column, username string) (key string, err error) {
	n, reason := usernames.Parse(username)
	switch {
	case reason != "":
		return "", fmt.Errorf("%s: no username: %s", column, reason)
	case n.Display != username:
		return "", fmt.Errorf("%s: not in the normal form NFC", column)
	}
	return n.Key, nil
}

func checkUser(r tables.Row) error {
	username, _ := r.Value("username")
	want, err := shownName("users.username", username)
	if err != nil {
		return err
	}
	key, _ := r.Value("username_key")
	_, deleted := r.Value("deleted_at")
	text, has := r.Value("password_hash")
	_, isLeaving := r.Value("leaving")
	switch {
	case key != want:
		return errors.New("users.username_key: not that of the username")
	case has == deleted:
		return errors.New("users.password_hash: all have one but deleted users")
	case isLeaving && !deleted:
		return errors.New("users.leaving: only deleted users are")
	case has:
		err = passwords.CheckHash(text)
	}
	return err
}
