package cluster

import (
	"fmt"
	"slices"
	"strings"

	"parley/e2e/harness"
)

// after says what nobody may be given who has lost the room: in new chats of each node, in a chat of before, as the room's
// name and topic, as the name of who joins, by what answers the chat of before, and as what is put on it. It returns what the owner must be given.
func (k *canaries) after() (words []string) {
	if k.event == "ROOM_DELETED" {
		a := k.at(0).AskThrough(k.owners, `mutation($room: ID!, $text: String!) { sendChat(room: $room, text: $text) { id } }`, map[string]any{"room": k.room, "text": k.canary})
		if a.Code() != "NOT_FOUND" {
			k.Errorf("a chat of a deleted room: %s", a.Body)
		}
		return nil
	}
	if k.event == "" { // an account leaves its rooms behind the answer
		harness.Eventually(k.T, "that they have left this room, and not another", func() bool {
			return !slices.ContainsFunc(k.kept, func(r *record) bool { return r.what == twoRooms && !r.tellsOfLeaving(k.person, k.room) })
		})
	}
	for n := range k.nodes {
		words = append(words, fmt.Sprint(k.canary, " of node ", n))
		k.send(k.at(n), words[n])
	}
	k.at(0).Register(k.canary)
	var changed struct{ AddMember struct{ ID string } }
	k.at(1).Must(&changed, k.owners, `mutation($room: ID!, $chat: ID!, $canary: String!, $edited: String!, $topic: String!, $who: ID!) {
		editChat(chat: $chat, text: $edited) { id }
		updateRoom(room: $room, name: $canary, topic: $topic) { id }
		addMember(room: $room, user: $who) { id }
	}`, map[string]any{
		"room": k.room, "chat": k.chats[1], "canary": k.canary, "edited": k.canary + " in an old chat", "topic": k.canary + " as the topic", "who": k.canary,
	})
	k.at(0).Must(nil, k.owners, `mutation($chat: ID!, $emoji: String!) { react(chat: $chat, emoji: $emoji) { id } }`, map[string]any{"chat": k.chats[1], "emoji": k.canary})
	k.answer(k.canary + " answers")
	for n := range k.nodes {
		k.at(n).Must(nil, k.owners, `mutation($room: ID!) { setTyping(room: $room) { name } }`, map[string]any{"room": k.room})
	}
	k.others = []string{changed.AddMember.ID}
	return append(words, k.canary+" in an old chat", k.canary+" answers", k.canary+" as the topic", `"username":"`+k.canary)
}

// tellsOfLeaving says whether it has told that somebody has left a room.
func (r *record) tellsOfLeaving(person, room string) bool {
	texts, _ := r.all()
	return slices.ContainsFunc(texts, func(text string) bool {
		return strings.Contains(text, `"kind":"MEMBER_LEFT","username":"`+person+`"`) && strings.Contains(text, `"room":{"id":"`+room+`"`)
	})
}

// settle waits until each stream has what must come: those of the owner the words, theirs the end, and who goes on what is
// said behind all that in the room that both keep.
func (k *canaries) settle(words []string) {
	for _, word := range words {
		k.kept.await(k.T, word, allTheirs, twoRooms)
	}
	for _, r := range k.given {
		if k.event == "" {
			harness.Eventually(k.T, "the end of "+r.name, func() bool { _, gone := r.all(); return gone })
		} else if ending := k.ending(r); ending != "" {
			r.awaitAny(k.T, ending, k.canary)
		} else if !k.guest { // they may read on
			for _, word := range words {
				records{r}.await(k.T, word, twoRooms)
			}
		}
	}
	k.at(2).Must(nil, k.owners, `mutation($haven: ID!) { sendChat(room: $haven, text: "behind all") { id } }`, map[string]any{"haven": k.haven})
	k.kept.await(k.T, "behind all", allTheirs, twoRooms)
	if k.event != "" {
		k.given.await(k.T, "behind all", allTheirs, twoRooms)
	}
}

// ending is the last that a stream has to give of the room; "": there is none.
func (k *canaries) ending(r *record) string {
	switch {
	case k.event == "" || !slices.Contains(k.over, r.what):
		return ""
	case r.what == roomsChats:
		return `"code":"` + k.code + `"`
	case k.event == "ROOM_DELETED":
		return `"kind":"ROOM_DELETED"`
	}
	return `"kind":"` + k.event + `","username":"` + k.person + `"`
}

// judge wants nothing of after the end in what they were given, and nothing of the room behind its last event.
func (k *canaries) judge() {
	for _, r := range k.given {
		if !slices.Contains(k.over, r.what) && !k.guest {
			continue
		}
		texts, _ := r.all()
		over := len(texts)
		if ending := k.ending(r); ending != "" && r.has(ending) {
			over = r.index(ending)
		}
		for i, text := range texts {
			if strings.Contains(text, k.canary) || strings.Contains(text, "TYPING") { // the owner types behind the end alone
				k.Errorf("%s: given after the end: %s", r.name, text)
			}
			if i > over && (strings.Contains(text, k.room) || strings.Contains(text, k.before)) {
				k.Errorf("%s: behind the last event of the room: %s", r.name, text)
			}
		}
		if r.what != roomsChats && over < len(texts) && !k.namesNothingNew(texts[over]) {
			k.Errorf("%s: the last event shows another name: %s", r.name, texts[over])
		}
	}
}

// namesNothingNew tells whether the last event of the room has the name of before; of a deleted room it may have none, once
// nobody knows any more who was in it.
func (k *canaries) namesNothingNew(text string) bool {
	return strings.Contains(text, `"name":"`+k.place+`"`) || k.event == "ROOM_DELETED" && strings.Contains(text, `"name":""`)
}

// skipped tells whether somebody was behind the end of their reading, and was not given what lay before it.
func (k *canaries) skipped() bool {
	return slices.ContainsFunc(k.given, func(r *record) bool { return k.ending(r) != "" && r.what == twoRooms && !r.has(k.before+" the end") })
}

// ask asks each node for the room in every way there is. Neither what was said before nor after comes back.
func (k *canaries) ask() {
	const fragments = ` fragment c on Chat { id text room { id name } }
		fragment r on Room { id name topic lastChat { ...c } chats(last: 2) { nodes { ...c } } }`
	calls := []string{
		`query { rooms { nodes { ...r } } found: rooms(matching: "place") { nodes { ...r } } mine: rooms(scope: JOINED) { nodes { ...r } } }` + fragments,
		`query($all: [ID!]!) { nodes(ids: $all) { id ... on Room { ...r } ... on Chat { ...c } ... on Member { user { username } room { ...r } } } }` + fragments,
		`query($room: ID!, $name: ID!, $now: ID!) { id: room(id: $room) { ...r } name: room(id: $name) { ...r } now: room(id: $now) { ...r } node(id: $room) { ... on Room { ...r } } }` + fragments,
		`query($room: ID!, $at: Cursor) { chats(room: $room) { nodes { ...c } } behind: chats(room: $room, after: $at) { nodes { ...c } } } fragment c on Chat { text room { name } }`,
		`query($chat: ID!, $old: ID!) { chat(id: $chat) { ...c } old: chat(id: $old) { ...c } node(id: $chat) { ... on Chat { ...c } } } fragment c on Chat { text room { name } }`,
		`mutation($room: ID!, $chat: ID!) { sendChat(room: $room, text: "x", id: $chat) { text room { name } } }`,
		`mutation($old: ID!) { editChat(chat: $old, text: "x") { text room { name } } }`,
		`mutation($old: ID!) { deleteChat(chat: $old) { text room { name } } }`,
	}
	variables := map[string]any{
		"room": k.room, "name": k.place, "now": k.canary, "chat": k.chats[len(k.chats)-1], "old": k.chats[1],
		"all": slices.Concat([]string{k.room, k.haven}, k.chats, k.others), "at": k.begin,
	}
	for _, s := range k.nodes {
		for i, call := range calls {
			body := s.Ask(k.theirs, call, variables).Body
			if i < 2 && k.event != "" && !strings.Contains(body, `"behind all"`) {
				k.Errorf("what they keep is missing: %.500s", body)
			}
			for _, word := range []string{k.canary, k.before, k.place} {
				if at := strings.Index(body, word); at >= 0 {
					k.Errorf("%s in an answer of %s: …%.200s", word, s.Addr, body[max(0, at-100):])
				}
			}
		}
	}
}

// comeBack opens streams again, with a cursor of before. That of all rooms gives the end of the room, the others nothing.
func (k *canaries) comeBack() {
	if k.event == "" {
		return // nobody is left who could
	}
	variables := map[string]any{"room": k.room, "at": k.begin, "rooms": []string{k.room, k.haven}, "after": []string{k.begin}}
	for _, s := range k.nodes {
		again := records(recordSocket(s, k.person+" again", k.theirs, variables))
		again.await(k.T, `"type":"error"`, roomsChats, twoRooms)
		again.await(k.T, "CAUGHT_UP", allTheirs)
		for _, r := range again {
			texts, _ := r.all()
			given := strings.Join(texts, "\n")
			if strings.Contains(given, k.canary) || strings.Contains(given, k.before) {
				k.Errorf("%s: %s", r.name, given)
			}
			if n := strings.Count(given, `"kind":"`+k.event); r.what == allTheirs && n != 1 {
				k.Errorf("%s: the end of the room came %d times: %s", r.name, n, given)
			}
		}
	}
}
