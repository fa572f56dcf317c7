// An application that has urql already: what happens arrives in graphcache, and its own queries show it.
import "fake-indexeddb/auto";
import { readFileSync } from "node:fs";
import { Client, gql, type TypedDocumentNode } from "@urql/core";
import { pipe, subscribe } from "wonka";
import { expect, onTestFinished, test } from "vitest";
import { keys, mutations } from "../urql/schema.ts";
import { parleyExchange } from "../urql/index.ts";
import { ParleyError } from "../src/index.ts";
import { until } from "./scripted.ts";
import { world } from "./world.ts";

interface Shown {
  rooms: { nodes: { id: string; name: string; unreadCount: number }[] };
  chats: { nodes: { id: string; number: number; text: string | null; replyCount: number; myReactions: string[]; reactions: { emoji: string; count: number }[] }[]; pageInfo: { hasPreviousPage: boolean; startCursor: string } };
  room: { members: { nodes: { role: string; user: { username: string } }[] } } | null;
}

const PAGE: TypedDocumentNode<Shown, { room: string; before?: string; last?: number }> = gql`
  query Page($room: ID!, $before: Cursor, $last: Int) {
    rooms(scope: JOINED) { nodes { id name unreadCount } }
    chats(room: $room, before: $before, last: $last) {
      nodes { id number text replyCount myReactions reactions { emoji count } }
      pageInfo { hasPreviousPage startCursor }
    }
    room(id: $room) { id members { nodes { id role user { id username } } } }
  }
`;

const SEND: TypedDocumentNode<{ sendChat: { id: string } }, { room: string; text: string }> = gql`
  mutation Send($room: ID!, $text: String!) { sendChat(room: $room, text: $text) { id } }
`;

const plain = (data: unknown) => JSON.stringify(data, (name, value: unknown) => (name === "__typename" ? undefined : value));

async function begin(by: "id" | "name" = "id") {
  const all = await world();
  const id = await all.bob.make("Steady", by === "id" ? "PRIVATE" : "PUBLIC");
  const room = by === "id" ? id.toUpperCase() : "STEADY";
  const parley = all.page();
  const client = new Client({ url: parley.session.url, preferGetMethod: false, exchanges: [parleyExchange(parley)] });
  await until(() => parley.signedIn.get()?.connection.link.get() === "live");
  const watch = (variables: { room: string; before?: string; last?: number }) => {
    const seen: { now: Shown | undefined } = { now: undefined };
    const { unsubscribe } = pipe(client.query(PAGE, variables), subscribe(({ data }) => { seen.now = data; }));
    onTestFinished(unsubscribe);
    return seen;
  };
  const seen = watch({ room });
  await until(() => seen.now);
  // What a client that has seen nothing shows.
  const fresh = async () => (await new Client({ url: parley.session.url, preferGetMethod: false, exchanges: [parleyExchange(parley)] }).query(PAGE, { room }).toPromise()).data;
  return { ...all, client, parley, room, id, watch, shown: () => seen.now, fresh };
}

test.each(["id", "name"] as const)("chats, edits, deletions, reactions, answers, names, members and rooms of one asked for by %s arrive without a query of one's own", async (by) => {
  const { bob, client, parley, line, room, id, shown, fresh } = await begin(by);
  const texts = () => shown()?.chats.nodes.map(({ text }) => text).join();
  const first = await bob.say(id, "first");
  await until(() => texts() === "first");
  await bob.edit(first, "1st");
  await until(() => texts() === "1st");
  await bob.say(id, "an answer", first);
  await until(() => shown()?.chats.nodes[0]?.replyCount === 1);
  await bob.react(first, "👍", true);
  await until(() => shown()?.chats.nodes[0]?.reactions[0]?.count === 1);
  await parley.session.ask("mutation R($chat: ID!) { react(chat: $chat, emoji: \"👍\") { id } }", { chat: first });
  await until(() => shown()?.chats.nodes[0]?.myReactions.join() === "👍");
  await until(() => shown()?.rooms.nodes[0]?.unreadCount === 2);
  await client.mutation(SEND, { room, text: "mine" }).toPromise();
  await until(() => texts() === "1st,an answer,mine");
  line.away = true;
  line.cut();
  await bob.say(id, "while ann was away");
  await bob.remove(first);
  line.away = false;
  await until(() => texts() === ",an answer,mine,while ann was away", texts);
  const other = await bob.make("another");
  await until(() => shown()?.rooms.nodes.length === 2);
  await bob.drop(other);
  await until(() => shown()?.rooms.nodes.length === 1);
  const carol = await bob.guest("carol");
  await bob.let(id, carol);
  await until(() => shown()?.room?.members.nodes.length === 3);
  await bob.rename(id, "renamed");
  await until(() => shown()?.rooms.nodes[0]?.name === "renamed");
  if (by === "id") await until(async () => plain(shown()) === plain(await fresh()), () => plain(shown()));
});

const numbers = ({ now }: { now: Shown | undefined }) => now?.chats.nodes.map(({ number }) => number).join();

test("pages are one list, and a chat is in it once", async () => {
  const { bob, id, watch } = await begin();
  for (let n = 1; n <= 7; n++) await bob.say(id, `chat ${n}`);
  const newest = watch({ room: id, last: 3 });
  await until(() => numbers(newest)?.endsWith("7"));
  const { startCursor } = newest.now!.chats.pageInfo;
  await bob.say(id, "chat 8");
  await until(() => numbers(newest)?.endsWith("8"));
  const older = watch({ room: id, last: 3, before: startCursor });
  await until(() => numbers(older) && numbers(older) === numbers(newest));
  expect(numbers(older)).toBe("2,3,4,5,6,7,8");
});

test("an answer that comes late does not undo what came meanwhile, and the next person sees nothing of the last", async () => {
  const { bob, client, parley, line, room, id, shown } = await begin();
  const texts = () => shown()?.chats.nodes.map(({ text }) => text).join();
  const chat = await bob.say(id, "before");
  await until(() => texts() === "before");
  line.holdsAnswers = (bytes) => bytes.includes('"chats"');
  const answer = client.query(PAGE, { room }, { requestPolicy: "network-only" }).toPromise();
  await until(() => line.held > 0);
  await bob.edit(chat, "after");
  await bob.say(id, "new");
  await until(() => texts() === "after,new");
  line.release();
  await answer;
  await until(() => texts() === "after,new");
  line.holdsAnswers = () => false;
  await parley.session.ask("mutation R($chat: ID!) { react(chat: $chat, emoji: \"👍\") { id } }", { chat });
  await until(() => shown()?.chats.nodes[0]?.myReactions.length === 1);
  await parley.signOut();
  const cached = await client.query(PAGE, { room }, { requestPolicy: "cache-only" }).toPromise();
  expect(cached.data ?? null).toBeNull();
  await parley.session.register("dora", "correct horse battery");
  const hers = await client.query(PAGE, { room }).toPromise();
  expect([hers.data ?? null, hers.error?.networkError]).toMatchObject([null, { problem: { kind: "refused", code: "NOT_FOUND" } }]);
});

test("a room that one has just made is in the list of rooms", async () => {
  const { client, shown } = await begin();
  const { data } = await client.mutation(gql`mutation { createRoom(name: "mine") { id } }`, {}).toPromise();
  await until(() => shown()?.rooms.nodes.some(({ id }) => id === data.createRoom.id));
});

test("what was refused is the same value as everywhere", async () => {
  const { client, room } = await begin();
  const { error } = await client.mutation(SEND, { room, text: "" }).toPromise();
  expect(error?.networkError).toBeInstanceOf(ParleyError);
  expect(error?.networkError).toMatchObject({ problem: { kind: "refused", code: "BAD_USER_INPUT", field: "text" } });
});

test("all mutations and all objects of the schema are known", () => {
  const schema = readFileSync(new URL("../../../graph/schema.graphqls", import.meta.url), "utf8").replaceAll(/"""[^]*?"""/g, "");
  const types = [...schema.matchAll(/^type (\w+)[^{]*\{([^]*?)^\}/gm)].map(([, name = "", fields = ""]) => ({ name, fields: [...fields.matchAll(/^ {2}(\w+)/gm)].map(([, field = ""]) => field) }));
  expect(Object.keys(mutations).toSorted()).toEqual([...new Set(types.find(({ name }) => name === "Mutation")?.fields)].toSorted());
  const objects = types.filter(({ name }) => !["Query", "Mutation", "Subscription"].includes(name));
  expect(Object.keys(keys).toSorted()).toEqual(objects.map(({ name }) => name).toSorted());
  for (const { name, fields } of objects) expect([name, keys[name]?.({ __typename: name, id: "x" }) === "x"]).toEqual([name, fields.includes("id")]);
});
