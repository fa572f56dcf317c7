package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// RoomEvent is one entry of a room's log. What readers are given, and in which order, is decided
// here and nowhere else.
type RoomEvent struct{ ent.Schema }

func (RoomEvent) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("room_id", uid).Immutable(),
		field.Int64("place").Immutable().Comment("1, 2, 3 … within the room, without holes"),
		field.Int("number").Immutable().
			Comment("how many chats the room had with this event: turns a place into a range of numbers"),
		field.Enum("kind").Values("CHAT_SENT", "CHAT_EDITED", "CHAT_DELETED", "CHAT_REACTED", "CHAT_UNREACTED", "ROOM_DELETED",
			"MEMBER_JOINED", "MEMBER_LEFT", "MEMBER_REMOVED", "MEMBER_CHANGED", "ROOM_UPDATED").Immutable(),
		field.Int64("tag").Immutable().
			Comment("64 random bits, never 0: tells two histories of the same place apart"),
		field.Time("at").SchemaType(moment).Immutable().
			Comment("the later of the clock and the event before it"),
		field.UUID("actor_id", uid).Immutable().Comment("the nil UUID: nobody"),
		field.UUID("chat_id", uid).Optional().Nillable().Immutable().
			Comment("the chat it is about"),
		field.UUID("user_id", uid).Optional().Nillable().Immutable().
			Comment("the person it is about"),
		field.String("username").Optional().Nillable().Immutable().
			Comment("that person's, as displayed; stays when the account is gone"),
		field.String("name").Optional().Nillable().Immutable().
			Comment("the room's at that moment, with what ends somebody's reading"),
		field.String("emoji").Optional().Nillable().Immutable().
			Comment("that was put on the chat or taken off"),
	}
}

func (RoomEvent) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("room", Room.Type).Ref("events").Field("room_id").Unique().Required().Immutable(),
	}
}

func (RoomEvent) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("room_id", "place").Unique(),
		// what has ended somebody's reading: next to nothing
		index.Fields("user_id", "room_id", "place").Annotations(entsql.IndexWhere("name IS NOT NULL")),
	}
}
