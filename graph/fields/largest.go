package fields

import (
	"parley/chat"
	"parley/chat/mentions"
	"parley/chat/texts"
	"parley/graph/document"
	"parley/naming"
	"parley/naming/usernames"
)

const (
	escaped  = 6 // bytes of a control character in JSON, the largest of all characters
	quotes   = 2
	ofText   = escaped*chat.MaxText + quotes
	ofName   = escaped*64 + quotes                  // of a user or a room
	ofNames  = escaped*(10*32+9*len(", ")) + quotes // of a direct room, which is called as all in it
	ofTopic  = escaped*250 + quotes                 // or of the reason of a ban
	ofEmoji  = 2*naming.MaxReaction + quotes        // it has no control characters
	ofPerson = 4*usernames.Max + quotes             // likewise
	ofToken  = 4 << 10
	ofCursor = 64

	ofLogCursor = 44 + quotes // of a place in a room's log, the longest of a stream's

	ofCursorOfNames = 256 // in lists that are in order of usernames
)

// Bytes is how many bytes each field of the cost takes while an operation is executed, besides texts: what
// BenchmarkAPI/page_of_50 in server allocates, divided by its cost.
const Bytes = 400

// BytesShown is how many bytes a person takes each time they are shown: their id, a pointer to them and what is written for it.
const BytesShown = 64

// Largest are the sizes of values in bytes of JSON: of types, and of fields that can be larger or smaller than others of
// their type. A String that is not known is taken for the text of a chat.
var Largest = map[string]int{
	"Boolean":   len("false"),
	"Cursor":    ofCursor,
	"DateTime":  len(`"2006-01-02T15:04:05.000Z"`),
	"EventKind": 32,
	"ID":        len(`"00000000-0000-0000-0000-000000000000"`),
	"Int":       len("-2147483648"),
	"JSON":      texts.MaxData,
	"Role":      len(`"MEMBER"`),

	"NotifyLevel": len(`"MENTIONS"`),

	"RoomKind": len(`"PRIVATE"`),
	"String":   ofText,

	"AuthPayload.accessToken":  ofToken,
	"AuthPayload.refreshToken": ofToken,
	"BotToken.token":           len("parley_bot_") + 43 + quotes,
	"Chat.text":                ofText,
	"Chat.username":            ofName,
	"Event.cursors":            chat.MaxCursors * (ofLogCursor + 1),
	"Ban.reason":               ofTopic,
	"Chat.myReactions":         20 * (ofEmoji + 1),
	"Event.emoji":              ofEmoji,
	"Event.preview":            escaped*texts.MaxPreview + quotes,
	"Event.username":           ofName,
	"Invite.code":              26 + quotes,
	"MemberEdge.cursor":        ofCursorOfNames,
	"PageInfo.endCursor":       ofCursorOfNames,
	"PageInfo.startCursor":     ofCursorOfNames,
	"Room.allowedActions":      len(`["DELETE_ANY_CHAT"]`) * 8, // at most
	"Room.name":                ofNames,
	"Reaction.emoji":           ofEmoji,
	"Room.topic":               ofTopic,
	"Server.membersMay":        len(`["CREATE_ROOMS"]`) * 3, // at most
	"Server.registration":      len(`"INVITE"`),
	"ServerRole":               len(`"MEMBER"`),
	"User.image":               naming.MaxImage + quotes,
	"User.name":                4*naming.MaxNickname + quotes, // neither has control characters
	"User.username":            ofPerson,
}

// Lists are those without pages that are read once for all objects of a list: how many items they have as a rule, which is what
// they cost, and at most.
var Lists = map[string]document.List{
	"Chat.mentions":  {Usual: 1, Most: mentions.Most},
	"Chat.reactions": {Usual: 2, Most: 50},
	"Reaction.users": {Usual: 3, Most: 10},
}
