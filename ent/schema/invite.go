package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Invite lets whoever has its code join a room.
type Invite struct{ ent.Schema }

func (Invite) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uid).Immutable().Comment("the client's own, or made by the server"),
		field.String("code").Unique().Immutable().Comment("128 random bits, base32 without lookalikes"),
		field.UUID("room_id", uid).Immutable(),
		field.UUID("created_by", uid).Immutable(),
		field.Time("created_at").SchemaType(moment).Immutable(),
		field.Int("uses").Optional().Nillable().Immutable().Comment("null: any number"),
		field.Int("uses_left").Optional().Nillable(),
		field.Time("until").SchemaType(moment).Optional().Nillable().Immutable(),
	}
}

func (Invite) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("room", Room.Type).Ref("invites").Field("room_id").Unique().Required().Immutable(),
		edge.From("creator", User.Type).Ref("invites").Field("created_by").Unique().Required().Immutable(),
	}
}

func (Invite) Indexes() []ent.Index {
	return []ent.Index{index.Fields("room_id")}
}
