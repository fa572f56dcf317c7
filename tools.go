//go:build tools || generate

// Package tools pins the code generators and says in which order they run:
// rows first (ent), then the API (gqlgen), because the API binds to Go types; then what gqlgen
// wrote is made leaner.
package tools

//go:generate go run entgo.io/ent/cmd/ent generate --feature sql/versioned-migration,sql/upsert,sql/execquery,sql/modifier --template file=ent/schema/rows.tmpl ./ent/schema
//go:generate go run github.com/99designs/gqlgen generate
//go:generate go run ./graph/lean/rewrite

import (
	_ "entgo.io/ent/cmd/ent"
	_ "github.com/99designs/gqlgen"
)
