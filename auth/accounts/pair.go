package accounts

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/rows"
	"parley/auth/tokens"
	"parley/ent"
)

// grant is all that a pair of tokens is made of. Of a rotated session it can be read from the row
// again, so a retry gets the same bytes and no token is stored.
type grant struct {
	user       *auth.User
	session    uuid.UUID
	jti        uuid.UUID
	generation int
	issuedAt   time.Time // whole seconds
	expiresAt  time.Time // of the refresh token, whole seconds
	kid        string    // of the key that signs
	kept       string    // the refresh token to answer as it is; empty: a new one
}

// newGrant is a pair issued now with a new refresh token, which never outlives the absolute end of
// its session (nil: none).
func (s *Service) newGrant(user *auth.User, session uuid.UUID, now time.Time, end *time.Time) grant {
	iat := now.Truncate(time.Second)
	exp := iat.Add(s.o.RefreshTokenLifetime)
	if end != nil && end.Before(exp) {
		exp = end.UTC()
	}
	return grant{
		user:      user,
		session:   session,
		jti:       uuid.Must(uuid.NewV7()),
		issuedAt:  iat,
		expiresAt: exp.Truncate(time.Second),
		kid:       s.keys.Signer().ID,
	}
}

// grantOf is the pair that a row's newest generation was given.
func grantOf(row *ent.Session) grant {
	return grant{
		user:       rows.User(row.Edges.User),
		session:    row.ID,
		jti:        *row.RefreshJti,
		generation: row.Generation,
		issuedAt:   row.RefreshIssuedAt.UTC(),
		expiresAt:  row.ExpiresAt.UTC(),
		kid:        row.RefreshKid,
	}
}

// Sign mints the two tokens of a grant. The access token never outlives the refresh token.
func (s *Service) sign(g grant) (*auth.Tokens, error) {
	t := tokens.Claims{
		User: g.user.ID, Session: g.session, JTI: g.jti, Generation: g.generation,
		IssuedAt: g.issuedAt, ExpiresAt: g.expiresAt,
	}
	refresh := g.kept
	if refresh == "" {
		var err error
		if refresh, err = s.tokens.Sign(t, tokens.Refresh, g.kid); err != nil {
			return nil, err
		}
	}
	if exp := g.issuedAt.Add(s.o.AccessTokenLifetime).Truncate(time.Second); exp.Before(g.expiresAt) {
		t.ExpiresAt = exp
	}
	access, err := s.tokens.Sign(t, tokens.Access, g.kid)
	if err != nil {
		return nil, fmt.Errorf("access token: %w", err)
	}
	return &auth.Tokens{
		AccessToken:           access,
		AccessTokenExpiresAt:  t.ExpiresAt,
		RefreshToken:          &refresh,
		RefreshTokenExpiresAt: g.expiresAt,
		User:                  g.user,
		SessionID:             g.session,
	}, nil
}
