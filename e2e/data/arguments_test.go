package data

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"parley/graph/fields"
)

const unusualRoom = "01890a5d-ac96-774b-bcce-b302099a8059" // bob's

// normal are arguments with which each field is answered, where these are needed.
func (w *unusualValues) normal(field string) map[string]any {
	w.asked++
	return map[string]map[string]any{
		"user": {"id": "bob"}, "users": {"startingWith": ""}, "room": {"id": "general"}, "chats": {"room": "general"}, "chat": {"id": unusualChat},
		"node": {"id": unusualChat}, "nodes": {"ids": []any{unusualChat}},
		"register": {"username": fmt.Sprintf("user%d", w.asked), "password": "correct horse battery"},
		"login":    {"username": "bob", "password": "a wrong password"},
		"logout":   {"refreshToken": "x"}, "refreshToken": {"token": "x"}, "loginWith": {"token": "x"}, "ensureUser": {"token": "x"}, "endSession": {"session": unusualChat},
		"changePassword": {"currentPassword": "a wrong password", "newPassword": "a new horse battery"}, "deleteAccount": {"password": "a wrong password"},
		"createRoom": {"name": fmt.Sprintf("room %d", w.asked)}, "deleteRoom": {"room": "general"}, "updateRoom": {"room": unusualRoom},
		"openDirectRoom": {"users": []any{"cleo"}}, "hideRoom": {"room": "general"}, "joinRoom": {"room": "general"}, "leaveRoom": {"room": "general"},
		"addMember": {"room": unusualRoom, "user": "cleo"}, "removeMember": {"room": unusualRoom, "user": "cleo"},
		"setRole":   {"room": unusualRoom, "user": "cleo", "role": "ADMIN"},
		"banMember": {"room": unusualRoom, "user": "cleo"}, "unbanMember": {"room": unusualRoom, "user": "cleo"},
		"createInvite": {"room": unusualRoom}, "deleteInvite": {"invite": unusualChat}, "acceptInvite": {"code": "00000000000000000000000000"},
		"sendChat": {"room": "general", "text": fmt.Sprintf("chat %d", w.asked)}, "editChat": {"chat": unusualChat, "text": fmt.Sprintf("text %d", w.asked)},
		"deleteChat": {"chat": "01890a5d-ac96-774b-bcce-b302099a8058"},
		"chatSent":   {"room": "general", "after": w.start}, "events": {"rooms": []any{"general"}, "after": []any{w.start}},
	}[field]
}

// leaves selects all plain fields of a type, and of what it holds; in a stream only what may stand there.
func (w *unusualValues) leaves(of *ast.Definition, depth int, inStream bool) string {
	if !of.IsCompositeType() {
		return ""
	}
	text := "{ __typename "
	for _, f := range of.Fields {
		below := w.schema.Types[f.Type.Name()]
		if strings.HasPrefix(f.Name, "__") || (below.IsCompositeType() || below.Name == "JSON") && depth == 0 || inStream && fields.Streams[of.Name+"."+f.Name] != "" {
			continue
		}
		text += f.Name + " " + w.leaves(below, depth-1, inStream)
	}
	return text + "} "
}
