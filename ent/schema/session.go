package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Session is one sign-in on one device. All that is needed to mint its live pair of tokens again
// is here; the tokens themselves are nowhere.
type Session struct{ ent.Schema }

func (Session) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uid).Immutable().Comment("the claim sid"),
		field.UUID("user_id", uid).Immutable(),
		field.Time("created_at").SchemaType(moment).Immutable(),
		field.Time("last_used_at").SchemaType(moment),
		field.Time("expires_at").SchemaType(moment).
			Comment("exp of the newest refresh token"),
		field.Time("ends_at").SchemaType(moment).Optional().Nillable().
			Comment("absolute end, however often it is refreshed"),
		field.Time("revoked_at").SchemaType(moment).Optional().Nillable().
			Comment("null while live"),
		field.String("revoked_reason").Optional().Nillable(),
		field.Int("generation").Default(0).
			Comment("+1 at each rotation; the live refresh token carries it as gen"),
		field.UUID("refresh_jti", uid).Optional().Nillable().
			Comment("the one live refresh token; null: every one of this generation that is not blacklisted"),
		field.Time("refresh_issued_at").SchemaType(moment),
		field.String("refresh_kid"),
		field.UUID("parent_jti", uid).Optional().Nillable().
			Comment("the token whose use made this generation"),
		field.Time("rotated_at").SchemaType(moment).Optional().Nillable(),
		field.Bytes("retry_hash").MaxLen(32).Optional().Nillable().
			Comment("SHA-256(parent_jti as text, 0x00, idempotencyKey) of that use"),
		field.String("user_agent").Optional().Nillable(),
		field.String("ip_address").Optional().Nillable(),
		field.String("ip_network").Optional().Nillable().
			Comment("IPv4 /32 or IPv6 /64 of the address"),
	}
}

func (Session) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("sessions").Field("user_id").Unique().Required().Immutable(),
		edge.To("blacklisted_tokens", BlacklistedToken.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

func (Session) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("revoked_at"),
		index.Fields("user_id", "ip_network"),
	}
}
