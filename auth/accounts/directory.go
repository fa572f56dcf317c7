package accounts

import (
	"context"
	"encoding/base64"
	"fmt"

	"parley/auth"
	"parley/auth/rows"
	"parley/auth/standing"
	"parley/ent/predicate"
	"parley/ent/user"
	"parley/naming/usernames"
	"parley/rights"
)

const (
	defaultUsers = 20
	maxPage      = 200
	maxCursor    = 256 // bytes

	// kindUser is a cursor: kind 1 byte, username key. Kinds 1 and 2 are those of rooms and chats.
	kindUser = 3
)

// Users lists the people whose username starts with a text, in any spelling of it, by username. A
// text that no username starts with gives an empty page, the empty text everybody. first is 0 to
// 200, nil: 20. after is the cursor of an edge; nil: from the start.
// ErrForbidden, NOT_FOR_MEMBERS: whoever asks may not; InvalidError: first OUT_OF_RANGE, after CURSOR_INVALID.
func (s *Service) Users(ctx context.Context, by auth.Identity, startingWith string, first *int, after *string) (*auth.UserPage, error) {
	if err := standing.CheckMay(ctx, s.store.Read, by.User, rights.ListPeople, s.o.Withheld); err != nil {
		return nil, err
	}
	n := defaultUsers
	if first != nil {
		n = *first
	}
	if n < 0 || n > maxPage {
		return nil, &auth.InvalidError{Field: "first", Reason: "OUT_OF_RANGE"}
	}
	where, some, err := listed(startingWith, after)
	if err != nil {
		return nil, err
	}
	page := &auth.UserPage{Edges: []auth.UserEdge{}, HasPreviousPage: after != nil}
	if !some {
		return page, nil
	}
	found, err := s.store.Read.User.Query().Where(where...).Order(user.ByUsernameKey()).Limit(n + 1).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	page.HasNextPage = len(found) > n
	for _, row := range found[:min(n, len(found))] {
		page.Edges = append(page.Edges, auth.UserEdge{Cursor: userCursor(row.UsernameKey), Node: rows.User(row)})
	}
	if len(page.Edges) > 0 {
		page.StartCursor, page.EndCursor = &page.Edges[0].Cursor, &page.Edges[len(page.Edges)-1].Cursor
	}
	return page, nil
}

// listed is whom a list shows behind a cursor; not some: no username starts with the text.
func listed(startingWith string, after *string) (where []predicate.User, some bool, err error) {
	where = []predicate.User{user.DeletedAtIsNil()}
	if after != nil {
		key, ok := parseUserCursor(*after)
		if !ok {
			return nil, false, &auth.InvalidError{Field: "after", Reason: "CURSOR_INVALID"}
		}
		where = append(where, user.UsernameKeyGT(key))
	}
	from, until, ok := usernames.Range(startingWith)
	if !ok {
		return nil, false, nil
	}
	// A range and not LIKE, which has wildcards and on SQLite no index.
	where = append(where, user.UsernameKeyGTE(from))
	if until != "" {
		where = append(where, user.UsernameKeyLT(until))
	}
	return where, true, nil
}

func userCursor(key string) string {
	return base64.RawURLEncoding.EncodeToString(append([]byte{kindUser}, key...))
}

// parseUserCursor reads nothing that userCursor would not have written.
func parseUserCursor(text string) (key string, ok bool) {
	if len(text) > maxCursor {
		return "", false
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) == 0 || b[0] != kindUser {
		return "", false
	}
	n, reason := usernames.Parse(string(b[1:]))
	return n.Key, reason == "" && userCursor(n.Key) == text
}
