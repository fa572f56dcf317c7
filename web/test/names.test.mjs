// What people are called, as far as it is known without a page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { patient } from "../clients/testing/rounds.mjs";
import { asking, chat, services, sessionOf } from "./bare.mjs";
import { call, mortal, send, signUp } from "./mortal.mjs";
import { eventually, room } from "./people.mjs";

const { People, alike, makeClient, titleOf } = chat;

// Nobody is asked in time: what is known is what was said.
const mute = { query: () => ({ toPromise: () => new Promise(() => {}) }) };

const user = (username, name = username, isBot = false) => ({ id: `id of ${username}`, username, name, isBot });

/** told are people of whom some answers have told, one after the other. */
function told(...answers) {
  const people = new People(mute, "me");
  answers.forEach((answer, asked) => people.learn(answer, asked + 1));
  return people;
}

const shows = (people, username) => {
  const { name, shared, isBot } = people.of(username);
  return [name, shared && `@${username}`, isBot && "bot"].filter(Boolean).join(" ");
};

test("a name is shown, and the username beside it where two share one", () => {
  const people = told({ room: { members: { nodes: [{ user: user("ann", "Ann Lee") }, { user: user("bob") }] } } });
  assert.deepEqual(["ann", "bob", "me"].map((one) => shows(people, one)), ["Ann Lee", "bob", "me"]);
  people.learn({ user: user("mallory", "Ann Lee") }, 2);
  assert.deepEqual(["ann", "mallory", "bob"].map((one) => shows(people, one)), ["Ann Lee @ann", "Ann Lee @mallory", "bob"]);
  people.learn({ updateMe: user("mallory") }, 3);
  assert.deepEqual(["ann", "mallory"].map((one) => shows(people, one)), ["Ann Lee", "mallory"]);
});

test("names that one takes for each other are shared, whatever they are made of", () => {
  for (const other of ["ann  lee", "ANN LEE", "Ánn Lée", "AnnLee", "Аnn Lее", "Ａnn Lee"]) {
    const people = told(user("ann", "Ann Lee"), user("mallory", other));
    assert.equal(people.of("ann").shared && people.of("mallory").shared, true, other);
  }
  assert.equal(told(user("ann", "Ann Lee"), user("eve", "Ann Lea")).of("ann").shared, false);
  assert.notEqual(alike("😀"), alike("😁"));
});

test("a name that looks like what stands beside names is never without the username", () => {
  for (const name of ["Ann (@ann)", "Ann @ann", "Ann （bot）", "Ann ＠ann"]) assert.equal(told(user("mallory", name)).of("mallory").shared, true, name);
});

test("long names are cut between letters, and shared with those that are cut to the same", () => {
  const people = told(user("flags", "🇦🇹".repeat(33)), user("ann", `${"a".repeat(32)}nn`), user("mallory", `${"a".repeat(32)}dora`), user("fits", "b".repeat(32)));
  assert.equal(people.of("flags").short, `${"🇦🇹".repeat(32)}…`);
  assert.deepEqual(["ann", "mallory"].map((one) => people.of(one).shared), [true, true]);
  assert.equal(people.of("fits").short, "b".repeat(32));
});

test("a name that is another's username is shared, also with who has another name and with who is gone or unknown", () => {
  const people = told(user("mallory", "bob"), user("bob", "Robert"));
  assert.deepEqual(["mallory", "bob"].map((one) => shows(people, one)), ["bob @mallory", "Robert"]);
  const gone = told({ chats: { nodes: [{ id: "1", username: "carl", user: null, text: "I was here" }] } }, user("mallory", "Carl"));
  assert.deepEqual(["mallory", "carl"].map((one) => shows(gone, one)), ["Carl @mallory", "carl @carl"]);
  const unknown = told(user("mallory", "dora"));
  assert.deepEqual(["dora", "mallory"].map((one) => shows(unknown, one)), ["dora @dora", "dora @mallory"]);
  assert.equal(shows(told(user("mallory", "Me")), "mallory"), "Me @mallory");
});

const said = (who) => ({ chats: { nodes: [{ id: "1", username: "ann", user: who, text: "hello", replyTo: { id: "2", username: "eve", user: { name: "Eve", isBot: false } } }] } });

test("an author is called what their account is, and by the username that was written once that is gone", () => {
  const people = told(said({ name: "Ann", isBot: true }));
  assert.deepEqual(["ann", "eve"].map((one) => shows(people, one)), ["Ann bot", "Eve"]);
  people.learn({ events: { chat: { username: "ann", user: { name: "Anna", isBot: true } } } }, 2);
  assert.equal(shows(people, "ann"), "Anna bot");
  const times = people.changes.get();
  people.learn(said(null), 3);
  assert.deepEqual([shows(people, "ann"), people.changes.get()], ["ann", times + 1]);
  people.learn(said(null), 4);
  assert.equal(people.changes.get(), times + 1, "somebody is told of what has not changed");
});

test("an answer to an older question changes no name", () => {
  const people = told(user("ann", "Ann"), user("ann", "Anna"));
  people.learn(user("ann", "Ann"), 1);
  assert.equal(people.of("ann").name, "Anna");
});

test("as text a name has the username, and that somebody is a bot, in brackets", () => {
  const people = told(user("ann", "Ann"), user("w", "Weather", true), user("eve", "weather"), user("bob"), user("avi", "אבי"), user("דנה", "Ann"));
  assert.equal(people.title("bob"), "bob");
  assert.equal(people.title("bob", true), "bob");
  assert.equal(people.title("w"), "Weather (@w, bot)");
  assert.equal(people.title("eve"), "weather (@eve)");
  assert.equal(people.title("avi"), "\u2068אבי\u2069");
  assert.equal(people.title("avi", true), "\u2068אבי\u2069 (@avi)");
  assert.equal(people.title("דנה"), "Ann (\u2068@דנה\u2069)");
  const long = "ب".repeat(64);
  people.learn(user("long", long), 9);
  assert.equal(people.title("long", true), `\u2068${long.slice(0, 32)}…\u2069 (@long)`);
  assert.equal(people.of("long").name, long);
  people.learn([user("smile", "🎈"), user("grin", "🎈")], 9);
  assert.deepEqual(["smile", "grin"].map((one) => people.title(one)), ["🎈 (@smile)", "🎈 (@grin)"]);
});

test("a conversation is called by the others in it", () => {
  const people = told(user("ann", "Ann Lee"), user("w", "Weather", true), user("me", "Myself"));
  const title = (name, full) => titleOf({ id: "1", kind: "DIRECT", name }, "me", people, full);
  assert.equal(title("ann, me"), "Ann Lee");
  assert.equal(title("ann, me", true), "Ann Lee (@ann)");
  assert.equal(title("ann, bob, me, w"), "Ann Lee, bob, Weather (bot)");
  assert.equal(title("me"), "Myself");
  assert.equal(titleOf({ id: "1", kind: "PUBLIC", name: "ann, me" }, "me", people), "ann, me");
});

test("whoever is not known is asked for once, ten at a time, also behind those who are gone", patient, async (t) => {
  const server = await mortal(t);
  const names = Array.from({ length: 12 }, (_, i) => `person${i}`);
  const all = await Promise.all(names.map((name) => signUp(server.origin, name)));
  const rename = (as, name) => call(server.origin, as.accessToken, `mutation ($name: String) { updateMe(name: $name) { id } }`, { name });
  await Promise.all(all.map((as, i) => rename(as, `Person ${i}`)));
  const asked = [];
  asking(t, server, { before: async (name, variables) => asked.push([name, Object.values(variables)]) });
  let people;
  const client = makeClient("", await sessionOf(server, all[0]), undefined, (data, at) => people.learn(data, at));
  people = new People(client, "person0");
  const shown = ["nobody", ...names];
  shown.forEach((name) => people.of(name));
  people.learn(user("person11", "Person 11"), 0); // before anybody was asked for
  await eventually(() => shown.map((name) => people.of(name).name), ["nobody", "person0", ...names.slice(1).map((_, i) => `Person ${i + 1}`)]);
  assert.deepEqual(asked.map(([name]) => name), ["People", "People"]);
  assert.deepEqual(new Set(asked.flatMap(([, usernames]) => usernames)), new Set(shown.filter((name) => !["person0", "person11"].includes(name))));

  await client.query(chat.RoomsDocument, { scope: "JOINED", first: 1 }, { requestPolicy: "network-only" }).toPromise();
  assert.equal(people.of("person0").name, "Person 0"); // which the list says beside
  assert.equal(asked.length, 3);
});

test("those of a room are known before they have said something, and who joins later", patient, async (t) => {
  const server = await mortal(t);
  const [ann, mallory, eve] = await Promise.all(["ann", "mallory", "eve"].map((name) => signUp(server.origin, name)));
  await room(server.origin, "host");
  const act = (as, fields) => call(server.origin, as.accessToken, `mutation { ${fields} }`);
  await act(ann, 'updateMe(name: "Ann") { id } joinRoom(room: "general") { id }');
  await act(mallory, 'updateMe(name: "ANN") { id } joinRoom(room: "general") { id }');
  await act(eve, 'updateMe(name: "Mallory") { id }');
  await send(server.origin, ann.accessToken, "general", ["hello"]);
  asking(t, server);
  const { client, people } = await services(t, server, ann);
  const history = new chat.History(client, "general", ann.user.id);
  t.after(history.stop);
  history.start();
  await people.meet("general");
  assert.deepEqual(["ann", "mallory"].map((one) => shows(people, one)), ["Ann @ann", "ANN @mallory"]);
  await eventually(() => history.caughtUp.get(), 1);
  await act(eve, 'joinRoom(room: "general") { id }');
  await eventually(() => people.of("eve").name, "Mallory");
});
