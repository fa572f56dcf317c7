// Package fields holds what is known of the fields of the schema beside their types: which of them are the same for
// everybody, and how large their values can be. It is tables, which a document is checked with before it is executed.
package fields

// shared says of a field that it is the same for all who may read the room.
const shared = ""

// Streams sorts every field that a subscription can select: it is shared, or says what to use instead and is
// refused, because each event is executed once for all its readers. A field that is not here is refused, and fails a test.
var Streams = map[string]string{
	"Subscription.chatSent": shared, "Subscription.events": shared,

	"Event.kind": shared, "Event.room": shared, "Event.cursor": shared, "Event.at": shared, "Event.actor": shared,
	"Event.chat": shared, "Event.cursors": shared, "Event.user": shared, "Event.username": shared,
	"Event.member": shared, "Event.emoji": shared, "Event.preview": shared,

	"Chat.id": shared, "Chat.room": shared, "Chat.number": shared, "Chat.cursor": shared, "Chat.username": shared, "Chat.user": shared,
	"Chat.text": shared, "Chat.data": shared, "Chat.mentions": shared, "Chat.createdAt": shared, "Chat.editedAt": shared, "Chat.deletedAt": shared,
	"Chat.replyTo": shared, "Chat.replyCount": shared, "Chat.reactions": shared,
	"Chat.replies":     "replyTo of the chats that the stream brings, or the query chat",
	"Chat.myReactions": "actor and emoji of CHAT_REACTED and CHAT_UNREACTED, or the query chat",

	"Reaction.emoji": shared, "Reaction.count": shared, "Reaction.users": shared,

	"Room.id": shared, "Room.name": shared, "Room.topic": shared, "Room.data": shared, "Room.createdAt": shared, "Room.lastChat": shared,
	"Room.kind": shared, "Room.sendRole": shared, "Room.memberCount": shared,
	"Room.me":             "Event.member, or the query room",
	"Room.allowedActions": "the query room after ROOM_UPDATED and after events of members that are about you",
	"Room.unreadCount":    "Chat.number and Chat.username, and the query rooms after CAUGHT_UP",
	"Room.mentionCount":   "the query rooms after CAUGHT_UP",
	"Room.lastNumber":     shared,
	"Room.syncCursor":     "Event.cursor",
	"Room.chats":          "the query chats",
	"Room.members":        "the query room, then MEMBER_JOINED, MEMBER_LEFT, MEMBER_REMOVED and MEMBER_CHANGED",
	"Room.bans":           "the query room",
	"Room.invites":        "the query room",

	"Member.id": shared, "Member.user": shared, "Member.room": shared, "Member.role": shared, "Member.joinedAt": shared,
	"Member.lastRead": shared, "Member.notify": shared,

	"User.id": shared, "User.username": shared, "User.createdAt": shared, "User.name": shared, "User.image": shared,
	"User.isBot": shared, "User.isDisabled": shared, "User.serverRole": shared,

	// A Node in a stream can be asked whether it is a Session or an Invite. It never is.
	"Node.id": shared, "Session.id": shared, "Session.createdAt": shared, "Session.lastUsedAt": shared,
	"Session.userAgent": shared, "Session.ipAddress": shared, "Session.isCurrent": "the query sessions",
	"Invite.id": shared, "Invite.room": shared, "Invite.code": shared, "Invite.uses": shared, "Invite.usesLeft": shared,
	"Invite.until": shared, "Invite.createdBy": shared, "Invite.createdAt": shared,
}
