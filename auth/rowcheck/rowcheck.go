// Package rowcheck says of the rows of accounts that come in with an import whether they may stand: what the packages of sign-ins would not
// have stored is wrong. It knows what each row says alone, and no database.
package rowcheck

import (
	"cmp"
	"errors"
	"fmt"

	"parley/auth/attempts"
	"parley/auth/issuers"
	"parley/auth/passwords"
	"parley/auth/sessions"
	"parley/db/tables"
	"parley/naming"
	"parley/naming/codes"
	"parley/naming/usernames"
)

// New returns a check of the rows of an import. Rows of other tables
// pass, but for the usernames on chats and events. It is for one goroutine.
func New() func(tables.Row) error {
	authors := map[string]bool{} // usernames on chats and events that are good
	return func(r tables.Row) error {
		switch r.Table.Name {
		case "users":
			return checkUser(r)
		case "sessions":
			return sessions.CheckRow(r)
		case "server_invites":
			return checkInvite(r)
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
	_, isBot := r.Value("bot")
	_, ofIssuer := r.Value("issuer")
	_, isLeaving := r.Value("leaving")
	switch {
	case key != want:
		return errors.New("users.username_key: not that of the username")
	case has == (deleted || isBot || ofIssuer):
		return errors.New("users.password_hash: all have one but deleted users, bots and people of an issuer")
	case isLeaving && !deleted:
		return errors.New("users.leaving: only deleted users are")
	case has:
		err = passwords.CheckHash(text)
	}
	return cmp.Or(err, checkStanding(r), checkProfile(r))
}

// checkStanding is about what a user is besides a person with a password.
func checkStanding(r tables.Row) error {
	_, deleted := r.Value("deleted_at")
	_, isAdmin := r.Value("admin")
	_, isBot := r.Value("bot")
	hash, hasToken := r.Value("token_hash")
	issuer, ofIssuer := r.Value("issuer")
	subject, hasSubject := r.Value("subject")
	switch {
	case isAdmin && (deleted || isBot):
		return errors.New("users.admin: no deleted user and no bot is one")
	case hasToken != (isBot && !deleted) || hasToken && len(hash) != 32:
		return errors.New("users.token_hash: bots have one of 32 bytes until they are deleted, and nobody else")
	case ofIssuer != hasSubject || ofIssuer && (deleted || isBot):
		return errors.New("users.issuer: with a subject or not at all, and not of deleted users and bots")
	case ofIssuer && (!issuers.IsName(issuer) || !issuers.IsSubject(subject)):
		return errors.New("users.issuer: want 1 to 255 bytes of text, and of the subject too")
	}
	return nil
}

// checkProfile is about what is shown of a user.
func checkProfile(r tables.Row) error {
	if name, given := r.Value("name"); given {
		if clean, reason := naming.Nickname(name); reason != "" || clean != name {
			return errors.New("users.name: none as it is stored")
		}
	}
	if image, given := r.Value("image"); given && naming.CheckImage(image) != "" {
		return errors.New("users.image: no address of a picture")
	}
	return nil
}

func checkInvite(r tables.Row) error {
	code, _ := r.Value("code")
	uses, some := r.Value("uses")
	left, someLeft := r.Value("uses_left")
	switch {
	case !codes.IsCode(code):
		return errors.New("server_invites.code: not one that a release has made")
	case some != someLeft, some && !codes.AreUses(tables.Integer([]byte(uses)), tables.Integer([]byte(left))):
		return errors.New("server_invites.uses: want null, or 1 to 1000 and no more left")
	}
	return nil
}
