// What the cache of urql shows when answers and events cross, and when somebody else signs in.
import "fake-indexeddb/auto";
import { Client, gql, type TypedDocumentNode } from "@urql/core";
import { pipe, subscribe } from "wonka";
import { expect, onTestFinished, test } from "vitest";
import { parleyExchange } from "../urql/index.ts";
import { begin as enter } from "./opened.ts";
import { chat, roomNow, say } from "./rooms.ts";
import { gate, type Scripted, soon, until } from "./scripted.ts";

interface Shown {
  chats: { nodes: { id: string; text: string | null }[] };
}

const FIELDS = "nodes { id number text } pageInfo { hasPreviousPage startCursor }";
const asks = (name: string, fields = FIELDS): TypedDocumentNode<Shown, { room: string }> => gql(`query ${name}($room: ID!) { chats(room: $room) { ${fields} } }`);
const NEWEST = asks("Newest");

const typed = (number: number, more: object = {}) => ({ __typename: "Chat", ...chat(number), ...more });
const answer = (...nodes: object[]) => ({
  data: { chats: { __typename: "ChatConnection", nodes, pageInfo: { __typename: "PageInfo", hasPreviousPage: false, startCursor: "start" } } },
});

async function begin(before: (server: Scripted) => void) {
  const all = await enter(before);
  const client = new Client({ url: all.server.url, preferGetMethod: false, exchanges: [parleyExchange(all.parley)] });
  const watch = (query: TypedDocumentNode<Shown, { room: string }>, room = "a") => {
    const seen: { now: Shown | undefined; answers: number } = { now: undefined, answers: 0 };
    const { unsubscribe } = pipe(client.query(query, { room }), subscribe(({ data }) => { seen.now = data; seen.answers++; }));
    onTestFinished(unsubscribe);
    return seen;
  };
  return { ...all, client, watch };
}

const texts = ({ now }: { now: Shown | undefined }) => now?.chats.nodes.map(({ text }) => text).join();

test("an edit holds, whatever answers are on their way and in whatever order they were asked for", async () => {
  const [first, second] = [gate(), gate()];
  const { server, signedIn, stream, watch } = await begin((scripted) => {
    scripted.on("Newest", () => answer(typed(1)));
    scripted.on("First", async () => (await first.wait(), answer(typed(9))));
    scripted.on("Second", async () => (await second.wait(), answer(typed(8))));
  });
  const one = watch(asks("First"), "b");
  const two = watch(asks("Second"), "c");
  await until(() => server.named("First").length === 1 && server.named("Second").length === 1);
  let told = 0;
  signedIn.onEvent(() => told++);
  say(stream(), "z", 5); // something is written while both are on their way
  await until(() => told > 0);
  await soon();
  const seen = watch(NEWEST);
  await until(() => texts(seen) === "chat 1", () => texts(seen));
  stream().next({ kind: "CHAT_EDITED", cursor: "edited", room: roomNow("a"), chat: chat(1, { text: "edited" }) });
  await until(() => texts(seen) === "edited", () => texts(seen));
  second.open();
  first.open();
  await until(() => texts(one) && texts(two));
  expect(texts(seen)).toBe("edited");
});

test("chats arrive in a list for which nobody has asked their numbers", async () => {
  const { stream, watch } = await begin((scripted) => scripted.on("Bare", () => answer({ __typename: "Chat", id: "c-1", text: "chat 1" })));
  const seen = watch(asks("Bare", "nodes { id text } pageInfo { hasPreviousPage startCursor }"));
  await until(() => texts(seen) === "chat 1");
  say(stream(), "a", 2);
  await until(() => texts(seen) === "chat 1,chat 2", () => texts(seen));
});

test("what was shown to one person is gone from the page before the next one is answered", async () => {
  const { parley, server, watch } = await begin((scripted) => scripted.on("Newest", () => answer(typed(1))));
  const seen = watch(NEWEST);
  await until(() => texts(seen) === "chat 1");
  server.on("Newest", () => "never");
  await parley.signOut();
  await until(() => texts(seen) === undefined);
  await soon();
  expect(seen.now).toBeUndefined();
});
