package sessions

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/rows"
	"parley/auth/tokens"
	"parley/ent"
)

// issuance is all that an access and a refresh token are made of. Of a rotated session it can be read from the row
// again, so a retry gets the same bytes and no token is stored.
type issuance struct {
	user       *auth.User
	session    uuid.UUID
	jti        uuid.UUID
	generation int
	issuedAt   time.Time // whole seconds
	expiresAt  time.Time // of the refresh token, whole seconds
	kid        string    // of the key that signs
	kept       string    // the refresh token to return as it is; empty: a new one
}

// issueNow is an issuance of this moment with a new refresh token, which never outlives the absolute end of
// its session (nil: none).
func (s *Sessions) issueNow(user *auth.User, session uuid.UUID, now time.Time, end *time.Time) issuance {
	iat := now.Truncate(time.Second)
	exp := iat.Add(s.o.RefreshTokenLifetime)
	if end != nil && end.Before(exp) {
		exp = end.UTC()
	}
	return issuance{
		user:      user,
		session:   session,
		jti:       uuid.Must(uuid.NewV7()),
		issuedAt:  iat,
		expiresAt: exp.Truncate(time.Second),
		kid:       s.ring.Signer().ID,
	}
}

// lastIssued is what the newest generation of a row was given.
func lastIssued(row *ent.Session) issuance {
	return issuance{
		user:       rows.User(row.Edges.User),
		session:    row.ID,
		jti:        *row.RefreshJti,
		generation: row.Generation,
		issuedAt:   row.RefreshIssuedAt.UTC(),
		expiresAt:  row.ExpiresAt.UTC(),
		kid:        row.RefreshKid,
	}
}

// sign signs the two tokens of an issuance. The access token never outlives the refresh token.
func (s *Sessions) sign(i issuance) (*auth.Tokens, error) {
	t := tokens.Claims{
		User: i.user.ID, Session: i.session, JTI: i.jti, Generation: i.generation,
		IssuedAt: i.issuedAt, ExpiresAt: i.expiresAt,
	}
	refresh := i.kept
	if refresh == "" {
		var err error
		if refresh, err = s.tokens.Sign(t, tokens.Refresh, i.kid); err != nil {
			return nil, err
		}
	}
	if exp := i.issuedAt.Add(s.o.AccessTokenLifetime).Truncate(time.Second); exp.Before(i.expiresAt) {
		t.ExpiresAt = exp
	}
	access, err := s.tokens.Sign(t, tokens.Access, i.kid)
	if err != nil {
		return nil, fmt.Errorf("access token: %w", err)
	}
	return &auth.Tokens{
		AccessToken:           access,
		AccessTokenExpiresAt:  t.ExpiresAt,
		RefreshToken:          &refresh,
		RefreshTokenExpiresAt: i.expiresAt,
		User:                  i.user,
		SessionID:             i.session,
	}, nil
}
