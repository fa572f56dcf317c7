package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Member is a person in a room. The unique index is what "once" rests on.
type Member struct{ ent.Schema }

func (Member) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uid).Immutable(),
		field.UUID("room_id", uid).Immutable(),
		field.UUID("user_id", uid).Immutable(),
		field.Int("role").Comment("0 OWNER, 1 ADMIN, 2 MEMBER: the order of lists"),
		field.String("username_key").Immutable().Comment("users.username_key, for the order of lists"),
		field.Int64("joined_place").Immutable().Comment("of the log when they joined: what they have not seen yet is behind it, their MEMBER_JOINED first"),
		field.Int64("joined_version").Default(0).Immutable().Comment("users.rooms_version since they joined"),
		field.Time("joined_at").SchemaType(moment).Immutable(),
		field.Int("hidden_number").Optional().Nillable().
			Comment("their list does not show the room while this is its last_number"),
		field.Int("last_read").Default(0).Comment("number of the last chat they have read, of others' chats behind it they have read none"),
		field.Int("notify").Optional().Nillable().Comment("what rings: 0 ALL, 1 MENTIONS, 2 NONE; null: what the room's kind has by default"),
	}
}

func (Member) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("room", Room.Type).Ref("members").Field("room_id").Unique().Required().Immutable(),
		edge.From("user", User.Type).Ref("memberships").Field("user_id").Unique().Required().Immutable(),
	}
}

func (Member) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("user_id", "room_id").Unique(),
		index.Fields("room_id", "role", "username_key"),
	}
}
