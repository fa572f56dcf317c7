package graph

// shared says of a field that it is the same for all who may read the room.
const shared = ""

// fieldsOfStreams sorts every field that a subscription can select: it is shared, or says what to use instead and is
// refused, because each event is executed once for all its readers. A field that is not here is refused, and fails a test.
var fieldsOfStreams = map[string]string{
	"Subscription.chatSent": shared, "Subscription.events": shared,

	"Event.kind": shared, "Event.room": shared, "Event.cursor": shared, "Event.at": shared, "Event.actor": shared,
	"Event.chat": shared, "Event.cursors": shared, "Event.user": shared, "Event.username": shared,

	"Chat.id": shared, "Chat.room": shared, "Chat.number": shared, "Chat.cursor": shared, "Chat.username": shared, "Chat.user": shared,
	"Chat.text": shared, "Chat.createdAt": shared, "Chat.editedAt": shared, "Chat.deletedAt": shared,

	"Room.id": shared, "Room.name": shared, "Room.topic": shared, "Room.createdAt": shared, "Room.lastChat": shared,

	"User.id": shared, "User.username": shared, "User.createdAt": shared,

	// A Node in a stream can be asked whether it is a Session. It never is.
	"Node.id": shared, "Session.id": shared, "Session.createdAt": shared, "Session.lastUsedAt": shared,
	"Session.userAgent": shared, "Session.ipAddress": shared, "Session.isCurrent": "the query sessions",
}
