package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
)

// ServerInvite lets whoever has its code make an account.
type ServerInvite struct{ ent.Schema }

func (ServerInvite) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uid).Immutable().Comment("the client's own, or made by the server"),
		field.String("code").Unique().Immutable().Comment("128 random bits, base32 without lookalikes"),
		field.UUID("created_by", uid).Optional().Nillable().Immutable().Comment("a server admin; null: the shell made it"),
		field.Time("created_at").SchemaType(moment).Immutable(),
		field.Int("uses").Optional().Nillable().Immutable().Comment("null: any number"),
		field.Int("uses_left").Optional().Nillable(),
		field.Time("until").SchemaType(moment).Optional().Nillable().Immutable(),
	}
}

func (ServerInvite) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("creator", User.Type).Ref("server_invites").Field("created_by").Unique().Immutable(),
	}
}
