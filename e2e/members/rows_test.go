package members

// A row is a call, and what comes of it in rooms of each kind, a letter for each standing:
//
//	y  it is answered              n  NOT_FOUND, or null in a list, or not listed
//	f  FORBIDDEN                   b  FORBIDDEN, reason BANNED
//	l  FORBIDDEN, LAST_OWNER       t  ID_TAKEN
//	m  FORBIDDEN, BOT              r  FORBIDDEN, NOT_A_BOT
//	N  n, of what they have known  ?  any of these
//
// An empty text stands for n everywhere.
type row struct {
	covers                           string // fields and arguments
	call                             string // with what it declares: $room, $chat, …
	public, private, direct, deleted string
	known                            bool // whoever makes the call knows of the room: it is no secret to them
}

const (
	everybody = "yyyyyyyyy"
	readers   = "ybyyyyyyy" // of a public room
	found     = "ynyyyyyyy" // likewise, by an id of their own
	insiders  = "nnnnyyyny"
	managers  = "nnnnfyynf"
	owners    = "nnnnffynf"
	nobody    = "nnnnfffnf"

	botsAlone = "rrrrrrrry"

	// What is of the server and not of a room, whatever somebody is in rooms.
	admins = "fffffffyf"
)

var rows = []row{
	{"Query.room(id:)", `query($room: ID!) { room(id: $room) { id name } }`, readers, insiders, insiders, "", false},
	{"Query.chats(room:)", `query($room: ID!) { chats(room: $room) { nodes { id } } }`, readers, insiders, insiders, "", false},
	{"Query.chat(id:)", `query($chat: ID!) { chat(id: $chat) { id room { name } } }`, found, insiders, insiders, "", false},
	{"Query.node(id:) room", `query($room: ID!) { node(id: $room) { id } }`, found, insiders, insiders, "", false},
	{"Query.node(id:) chat", `query($chat: ID!) { node(id: $chat) { id } }`, found, insiders, insiders, "", false},
	{"Query.node(id:) member", `query($member: ID!) { node(id: $member) { id ... on Member { role user { username } } } }`, found, insiders, insiders, "", false},
	{"Query.node(id:) invite", `query($invite: ID!) { node(id: $invite) { id ... on Invite { code } } }`, "nnnnnyyyn", "nnnnnyynn", "", "", false},
	{"Query.nodes(ids:)", `query($room: ID!) { nodes(ids: [$room]) { id } }`, found, insiders, insiders, "", false},
	{"Query.nodes(ids:) chat", `query($chat: ID!) { nodes(ids: [$chat]) { id } }`, found, insiders, insiders, "", false},
	{"Query.nodes(ids:) member", `query($member: ID!) { nodes(ids: [$member]) { id } }`, found, insiders, insiders, "", false},
	{"Query.nodes(ids:) invite", `query($invite: ID!) { nodes(ids: [$invite]) { id } }`, "nnnnnyyyn", "nnnnnyynn", "", "", false},
	{"Query.rooms", `query($name: String!) { rooms(matching: $name) { nodes { id } } }`, found, insiders, insiders, "", false},
	{"Query.rooms", `query($name: String!) { rooms(matching: $name, scope: JOINED) { nodes { id } } }`, insiders, insiders, insiders, "", false},

	{"Mutation.sendChat(room:)", `mutation($room: ID!) { sendChat(room: $room, text: "y") { id room { me { role } } } }`, readers, insiders, insiders, "", false},
	{"Mutation.sendChat(id:)", `mutation($own: ID!, $chat: ID!) { sendChat(room: $own, id: $chat, text: "y") { id } }`, "ttttttttt", "ttttttttt", "ttttttttt", everybody, true},
	{"Mutation.sendChat(replyTo:)", `mutation($room: ID!, $chat: ID!) { sendChat(room: $room, text: "y", replyTo: $chat) { id replyTo { id text } } }`, readers, insiders, insiders, "", false},
	{"Mutation.sendChat(replyTo:) elsewhere", `mutation($own: ID!, $chat: ID!) { sendChat(room: $own, text: "y", replyTo: $chat) { id } }`, "", "", "", "", true},
	{"Mutation.react(chat:)", `mutation($chat: ID!) { react(chat: $chat, emoji: "❤️") { reactions { emoji count users { username } } myReactions } }`, readers, insiders, insiders, "", false},
	{"Mutation.react(chat:) off", `mutation($chat: ID!) { react(chat: $chat, emoji: "y", on: false) { id replies { pageInfo { endCursor } } replyCount } }`, readers, insiders, insiders, "", false},
	{"Mutation.editChat(chat:)", `mutation($chat: ID!) { editChat(chat: $chat, text: "y") { text } }`, "fbffffyff", owners, owners, "", false},
	{"Mutation.deleteChat(chat:)", `mutation($chat: ID!) { deleteChat(chat: $chat) { text } }`, "fbfffyyyf", managers, owners, "", false},

	{"Mutation.markRead(chat:)", `mutation($chat: ID!) { markRead(chat: $chat) { lastRead room { unreadCount } } }`, "fbffyyyfy", insiders, insiders, "", false},
	{"Mutation.setNotify(room:)", `mutation($room: ID!) { setNotify(room: $room, level: ALL) { notify } }`, "fbffyyyfy", insiders, insiders, "", false},
	{"Mutation.setTyping(room:)", `mutation($room: ID!) { setTyping(room: $room) { id name me { role } } }`, readers, insiders, insiders, "", false},
	{"Mutation.setTyping(room:) of a bot", `mutation($room: ID!) { setTyping(room: $room, preview: "y") { id name me { role } } }`, botsAlone, botsAlone, botsAlone, "rrrrrrrrn", false},

	{"Mutation.createRoom(id:)", `mutation($room: ID!) { createRoom(name: "another", id: $room) { id } }`, "ttttttytt", "ttttttytt", "ttttttytt", "ttttttNtt", true},
	{"Mutation.updateRoom(room:)", `mutation($room: ID!) { updateRoom(room: $room, topic: "y") { topic } }`, "fbfffyyyf", managers, nobody, "", false},
	{"Mutation.deleteRoom(room:)", `mutation($room: ID!) { deleteRoom(room: $room) }`, "fbffffyyf", owners, nobody, "", false},
	{"Mutation.hideRoom(room:)", `mutation($room: ID!) { hideRoom(room: $room) }`, "fbfffffff", nobody, insiders, "", false},
	{"Mutation.joinRoom(room:)", `mutation($room: ID!) { joinRoom(room: $room) { role } }`, readers, insiders, nobody, "", false},
	{"Mutation.leaveRoom(room:)", `mutation($room: ID!) { leaveRoom(room: $room) }`, "yyyyyylyy", "yyyyyylyy", "yyyyfffyf", everybody, false},

	{"Mutation.addMember(room:)", `mutation($room: ID!) { addMember(room: $room, user: "newcomer") { role } }`, "fbfffyyyf", managers, nobody, "", false},
	{"Mutation.addMember(user:)", `mutation($room: ID!) { addMember(room: $room, user: "no.such.person") { role } }`, "fbfffnnnf", "nnnnfnnnf", nobody, "", false},
	{"Mutation.removeMember(room:)", `mutation($room: ID!) { removeMember(room: $room, user: "target") }`, "fbfffyyyf", managers, nobody, "", false},
	{"Mutation.removeMember(user:)", `mutation($room: ID!) { removeMember(room: $room, user: "no.such.person") }`, "fbfffnnnf", "nnnnfnnnf", nobody, "", false},
	{"Mutation.setRole(room:)", `mutation($room: ID!) { setRole(room: $room, user: "target", role: ADMIN) { role } }`, "fbffffyyf", owners, nobody, "", false},
	{"Mutation.setRole(user:)", `mutation($room: ID!) { setRole(room: $room, user: "stranger", role: ADMIN) { role } }`, "fbffffnnf", "nnnnffnnf", nobody, "", false},
	{"Mutation.banMember(room:)", `mutation($room: ID!) { banMember(room: $room, user: "target", reason: "y") { reason } }`, "fbfffyyyf", managers, nobody, "", false},
	{"Mutation.banMember(user:)", `mutation($room: ID!) { banMember(room: $room, user: "no.such.person") { reason } }`, "fbfffnnnf", "nnnnfnnnf", nobody, "", false},
	{"Mutation.unbanMember(room:)", `mutation($room: ID!) { unbanMember(room: $room, user: "banned") }`, "fbfffyyyf", managers, nobody, "", false},
	{"Mutation.unbanMember(user:)", `mutation($room: ID!) { unbanMember(room: $room, user: "no.such.person") }`, "fbfffnnnf", "nnnnfnnnf", nobody, "", false},
	{"Mutation.createInvite(room:)", `mutation($room: ID!) { createInvite(room: $room) { code } }`, "fbfffyyyf", managers, nobody, "", false},
	{"Mutation.createInvite(id:)", `mutation($own: ID!, $invite: ID!) { createInvite(room: $own, id: $invite) { code } }`, "ttttttttt", "ttttttttt", everybody, "?????????", true},
	{"Mutation.deleteInvite(invite:)", `mutation($invite: ID!) { deleteInvite(invite: $invite) }`, "nnnnnyyyn", "nnnnnyynn", "", "", false},
	{"Mutation.acceptInvite(code:)", `mutation($code: String!) { acceptInvite(code: $code) { role } }`, readers, found, "", "", true},

	{"Subscription.chatSent(room:)", `subscription($room: ID!, $begin: Cursor!) { chatSent(room: $room, after: $begin) { id } }`, readers, insiders, insiders, "", false},
	{"Subscription.events(rooms:)", `subscription($room: ID!, $begin: Cursor!) { events(rooms: [$room], after: [$begin]) { kind } }`, readers, insiders, insiders, "", false},

	{"Mutation.blockUser(user:)", `mutation { blockUser(user: "no.such.person") { id } }`, "", "", "", "", true},
	{"Query.user(id:)", `{ user(id: "target") { username } }`, everybody, everybody, everybody, everybody, true},
	{"Mutation.openDirectRoom(users:)", `mutation { openDirectRoom(users: ["target", "newcomer"]) { id } }`, everybody, everybody, everybody, everybody, true},
	{"Mutation.createRoom(members:)", `mutation { createRoom(name: "another", kind: PRIVATE, members: ["no.such.person"]) { id } }`, "", "", "", "", true},

	{"Query.invites", `{ invites { id } }`, admins, admins, admins, admins, true},
	{"Mutation.createInvite(room:) to the server", `mutation { createInvite(room: null) { code room { id } } }`, admins, admins, admins, admins, true},
	{"Mutation.disableUser(user:)", `mutation { disableUser(user: "no.such.person") { id } }`, "fffffffnf", "fffffffnf", "fffffffnf", "fffffffnf", true},
	{"Query.bots", `{ bots { id } }`, admins, admins, admins, admins, true},
	{"Mutation.renewBotToken(bot:)", `mutation { renewBotToken(bot: "no.such.bot") { token } }`, "fffffffnm", "fffffffnm", "fffffffnm", "fffffffnm", true},
}

// apart are fields and arguments that name neither rooms nor who is in them.
var apart = []string{
	"Query.me", "Query.users", "Query.sessions", "Query.blockedUsers", "Query.mentions", "Query.server",
	"Mutation.register", "Mutation.login", "Mutation.refreshToken", "Mutation.logout", "Mutation.changePassword", "Mutation.deleteAccount",
	"Mutation.loginWith", "Mutation.ensureUser",
	"Mutation.endSession(session:)", "Mutation.updateMe", "Mutation.createBot(id:)",
}
