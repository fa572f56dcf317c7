//go:build tools

package tools

import (
	_ "ariga.io/atlas/sql/migrate"
	_ "github.com/alecthomas/kong"
	_ "github.com/coder/websocket"
	_ "github.com/gobwas/ws"
	_ "github.com/golang-jwt/jwt/v5"
	_ "github.com/jackc/pgx/v5"
	_ "github.com/mattn/go-sqlite3"
	_ "github.com/pressly/goose/v3"
	_ "github.com/rs/cors"
	_ "github.com/vektah/gqlparser/v2"
	_ "golang.org/x/crypto/argon2"
	_ "golang.org/x/text/secure/precis"
	_ "golang.org/x/time/rate"
)
