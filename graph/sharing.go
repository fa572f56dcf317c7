package graph

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// sharing sorts every field that a stream can reach: true, the same for all who may read the room; false, it
// depends on who looks. Readers of one room share executions unless their operation selects one of the latter,
// which is then executed for each viewer apart. A field that is not here fails a test.
type sharing map[string]bool

var fieldsOfStreams = sharing{
	"Event.kind": true, "Event.room": true, "Event.cursor": true, "Event.at": true, "Event.actor": true,
	"Event.chat": true, "Event.cursors": true,

	"Chat.id": true, "Chat.room": true, "Chat.number": true, "Chat.cursor": true, "Chat.username": true, "Chat.user": true,
	"Chat.text": true, "Chat.createdAt": true, "Chat.editedAt": true, "Chat.deletedAt": true,

	"Room.id": true, "Room.name": true, "Room.topic": true, "Room.createdAt": true, "Room.lastChat": true,

	"User.id": true, "User.username": true, "User.createdAt": true,
}

// dependsOnViewer says whether an operation selects a field that is not the same for all, directly or in a
// fragment.
func (s sharing) dependsOnViewer(op *graphql.OperationContext) bool {
	return s.anyDepends(op.Operation.SelectionSet, op.Doc.Fragments, map[string]bool{})
}

func (s sharing) anyDepends(set ast.SelectionSet, fragments ast.FragmentDefinitionList, seen map[string]bool) bool {
	for _, selection := range set {
		switch x := selection.(type) {
		case *ast.Field:
			if s.isViewers(x) || s.anyDepends(x.SelectionSet, fragments, seen) {
				return true
			}
		case *ast.InlineFragment:
			if s.anyDepends(x.SelectionSet, fragments, seen) {
				return true
			}
		case *ast.FragmentSpread:
			f := fragments.ForName(x.Name)
			if seen[x.Name] || f == nil {
				continue
			}
			if seen[x.Name] = true; s.anyDepends(f.SelectionSet, fragments, seen) {
				return true
			}
		}
	}
	return false
}

// isViewers takes what nobody has sorted for the viewer's.
func (s sharing) isViewers(f *ast.Field) bool {
	return f.Name != "__typename" && f.ObjectDefinition.Name != "Subscription" && !s[f.ObjectDefinition.Name+"."+f.Name]
}
