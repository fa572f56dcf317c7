package accounts

import (
	"context"
	"encoding/base64"
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"parley/auth"
	"parley/ent/predicate"
	"parley/ent/user"
)

const (
	defaultUsers = 20
	maxPage      = 200

	// kindUser is a cursor: kind 1 byte, username key. Kinds 1 and 2 are those of rooms and chats.
	kindUser = 3
)

// Users lists the people whose username starts with a text, in any spelling of it, by username. A
// text that no username starts with gives an empty page, the empty text everybody. first is 0 to
// 200, nil: 20. after is the cursor of an edge; nil: from the start.
// InvalidError: first OUT_OF_RANGE, after CURSOR_INVALID.
func (s *Service) Users(ctx context.Context, startingWith string, first *int, after *string) (*auth.UserPage, error) {
	n := defaultUsers
	if first != nil {
		n = *first
	}
	if n < 0 || n > maxPage {
		return nil, &auth.InvalidError{Field: "first", Reason: "OUT_OF_RANGE"}
	}
	where := []predicate.User{user.DeletedAtIsNil()}
	if after != nil {
		key, ok := parseUserCursor(*after)
		if !ok {
			return nil, &auth.InvalidError{Field: "after", Reason: "CURSOR_INVALID"}
		}
		where = append(where, user.UsernameKeyGT(key))
	}
	prefix, ok := foldPrefix(startingWith)
	if !ok {
		return &auth.UserPage{Edges: []auth.UserEdge{}, HasPreviousPage: after != nil}, nil
	}
	// A range and not LIKE, which has wildcards and on SQLite no index.
	where = append(where, user.UsernameKeyGTE(prefix))
	if end := afterPrefix(prefix); end != "" {
		where = append(where, user.UsernameKeyLT(end))
	}
	rows, err := s.store.Read.User.Query().Where(where...).Order(user.ByUsernameKey()).Limit(n + 1).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	page := &auth.UserPage{Edges: []auth.UserEdge{}, HasPreviousPage: after != nil, HasNextPage: len(rows) > n}
	for _, row := range rows[:min(n, len(rows))] {
		page.Edges = append(page.Edges, auth.UserEdge{Cursor: userCursor(row.UsernameKey), Node: newUser(row)})
	}
	if len(page.Edges) > 0 {
		page.StartCursor, page.EndCursor = &page.Edges[0].Cursor, &page.Edges[len(page.Edges)-1].Cursor
	}
	return page, nil
}

// foldPrefix maps the beginning of a username as parseName maps a whole one. PRECIS itself judges
// whole names only: its rule about directions refuses beginnings of good ones. False: no username
// begins so.
func foldPrefix(text string) (prefix string, ok bool) {
	if len(text) > maxNameBytes || !utf8.ValidString(text) {
		return "", false
	}
	prefix = width.Fold.String(text)
	prefix = norm.NFC.String(cases.Lower(language.Und, cases.HandleFinalSigma(false)).String(prefix))
	runes := []rune(prefix)
	// One letter more, because only the last character of a name may not be "-" or ".".
	return prefix, len(runes) <= MaxUsername && nameCharacters(append(runes, 'a'))
}

// afterPrefix is the least text, by code points, that is greater than every text with that prefix;
// empty when there is none.
func afterPrefix(prefix string) string {
	runes := []rune(prefix)
	for i := len(runes) - 1; i >= 0; i-- {
		switch r := runes[i]; r {
		case utf8.MaxRune:
		case 0xD7FF: // surrogates are no characters
			return string(append(runes[:i], 0xE000))
		default:
			return string(append(runes[:i], r+1))
		}
	}
	return ""
}

func userCursor(key string) string {
	return base64.RawURLEncoding.EncodeToString(append([]byte{kindUser}, key...))
}

// parseUserCursor reads nothing that userCursor would not have written.
func parseUserCursor(text string) (key string, ok bool) {
	if len(text) > maxNameBytes {
		return "", false
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) == 0 || b[0] != kindUser {
		return "", false
	}
	n, reason := parseName(string(b[1:]))
	return n.key, reason == "" && userCursor(n.key) == text
}
