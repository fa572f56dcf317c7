package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// BlacklistedToken is a refresh token that has been used up. The insert that succeeds is the
// refresh that wins.
type BlacklistedToken struct{ ent.Schema }

func (BlacklistedToken) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uid).StorageKey("jti").Immutable(),
		field.UUID("session_id", uid).Immutable(),
		field.Int("generation").Immutable(),
		field.Time("blacklisted_at").SchemaType(moment).Immutable(),
		field.Time("expires_at").SchemaType(moment).Immutable().
			Comment("its exp: beyond it the token fails by itself"),
	}
}

func (BlacklistedToken) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("session", Session.Type).Ref("blacklisted_tokens").Field("session_id").
			Unique().Required().Immutable(),
	}
}

func (BlacklistedToken) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("session_id", "generation"),
		index.Fields("expires_at"),
	}
}
