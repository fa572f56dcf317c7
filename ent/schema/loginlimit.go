package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// LoginLimit is a bucket of wrong passwords. Whose it is cannot be read from the row, because
// people type passwords into name fields.
type LoginLimit struct{ ent.Schema }

func (LoginLimit) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").StorageKey("bucket").Immutable().
			Comment("HMAC-SHA256 of kind and value, in hex"),
		field.Time("full_at").SchemaType(moment).
			Comment("when all places are free again; beyond it the row says nothing"),
	}
}

func (LoginLimit) Indexes() []ent.Index {
	return []ent.Index{index.Fields("full_at")}
}
