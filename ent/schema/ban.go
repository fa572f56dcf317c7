package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Ban keeps a person out of a room.
type Ban struct{ ent.Schema }

func (Ban) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("room_id", uid).Immutable(),
		field.UUID("user_id", uid).Immutable(),
		field.UUID("banned_by", uid).Comment("who banned them last"),
		field.String("reason").Optional().Nillable(),
		field.Time("until").SchemaType(moment).Optional().Nillable().Comment("null: until it is taken back"),
		field.Time("created_at").SchemaType(moment).Immutable(),
	}
}

func (Ban) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("room", Room.Type).Ref("bans").Field("room_id").Unique().Required().Immutable(),
		edge.From("user", User.Type).Ref("bans").Field("user_id").Unique().Required().Immutable(),
	}
}

func (Ban) Indexes() []ent.Index {
	return []ent.Index{index.Fields("room_id", "user_id").Unique()}
}
