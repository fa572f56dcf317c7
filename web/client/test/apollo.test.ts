// An application that has Apollo Client already: what happens arrives in its cache, and its own queries show it.
import "fake-indexeddb/auto";
import { ApolloClient, gql, InMemoryCache, type TypedDocumentNode } from "@apollo/client";
import { expect, onTestFinished, test } from "vitest";
import { feedApollo, parleyLink, typePolicies } from "../apollo/index.ts";
import { ParleyError } from "../src/index.ts";
import { until } from "./scripted.ts";
import { world } from "./world.ts";

interface Shown {
  rooms: { nodes: { id: string; name: string; unreadCount: number }[] };
  chats: { nodes: { id: string; number: number; text: string | null; replyCount: number; myReactions: string[]; reactions: { emoji: string; count: number }[] }[] };
  room: { members: { nodes: { role: string; user: { username: string } }[] } };
}

const PAGE: TypedDocumentNode<Shown, { room: string }> = gql`
  query Page($room: ID!) {
    rooms(scope: JOINED) { nodes { id name unreadCount } }
    chats(room: $room) { nodes { id number text replyCount myReactions reactions { emoji count } } }
    room(id: $room) { id members { nodes { id role user { id username } } } }
  }
`;

const SEND: TypedDocumentNode<{ sendChat: { id: string } }, { room: string; text: string }> = gql`
  mutation Send($room: ID!, $text: String!) { sendChat(room: $room, text: $text) { id } }
`;

const plain = (data: unknown) => JSON.stringify(data, (name, value: unknown) => (name === "__typename" ? undefined : value));

async function begin() {
  const all = await world();
  const room = await all.bob.make("steady");
  const parley = all.page();
  const cache = new InMemoryCache({ typePolicies });
  const client = new ApolloClient({ link: parleyLink(parley, cache), cache });
  onTestFinished(feedApollo(parley, client));
  await until(() => parley.signedIn.get()?.connection.link.get() === "live");
  let shown: Shown | undefined;
  const watched = client.watchQuery({ query: PAGE, variables: { room } }).subscribe(({ data, dataState }) => {
    if (dataState === "complete") shown = data;
  });
  onTestFinished(() => watched.unsubscribe());
  await until(() => shown);
  // What a client that has seen nothing shows.
  const fresh = async () => {
    const { data } = await client.query({ query: PAGE, variables: { room }, fetchPolicy: "no-cache" });
    return data;
  };
  return { ...all, client, parley, room, shown: () => shown, fresh };
}

test("chats, edits, deletions, reactions, answers, names, members and rooms arrive without a query of one's own", async () => {
  const { bob, client, parley, line, room, shown, fresh } = await begin();
  const texts = () => shown()?.chats.nodes.map(({ text }) => text).join();
  const first = await bob.say(room, "first");
  await until(() => texts() === "first");
  await bob.edit(first, "1st");
  await until(() => texts() === "1st");
  await bob.say(room, "an answer", first);
  await until(() => shown()?.chats.nodes[0]?.replyCount === 1);
  await bob.react(first, "👍", true);
  await until(() => shown()?.chats.nodes[0]?.reactions[0]?.count === 1);
  await parley.session.ask("mutation R($chat: ID!) { react(chat: $chat, emoji: \"👍\") { id } }", { chat: first });
  await until(() => shown()?.chats.nodes[0]?.myReactions.join() === "👍");
  await until(() => shown()?.rooms.nodes[0]?.unreadCount === 2);
  await bob.rename(room, "renamed");
  await until(() => shown()?.rooms.nodes[0]?.name === "renamed");
  await client.mutate({ mutation: SEND, variables: { room, text: "mine" } });
  await until(() => texts() === "1st,an answer,mine");
  line.away = true;
  line.cut();
  await bob.say(room, "while ann was away");
  await bob.remove(first);
  line.away = false;
  await until(() => texts() === ",an answer,mine,while ann was away");
  const other = await bob.make("another");
  await until(() => shown()?.rooms.nodes.length === 2);
  await bob.drop(other);
  await until(() => shown()?.rooms.nodes.length === 1);
  const carol = await bob.guest("carol");
  await bob.let(room, carol);
  await until(() => shown()?.room.members.nodes.length === 3);
  await until(async () => plain(shown()) === plain(await fresh()), () => plain(shown()));
});

test("an answer that comes late does not undo what came meanwhile, and the next person sees nothing of the last", async () => {
  const { bob, client, parley, line, room, shown } = await begin();
  const texts = () => shown()?.chats.nodes.map(({ text }) => text).join();
  const chat = await bob.say(room, "before");
  await until(() => texts() === "before");
  line.holdsAnswers = (bytes) => bytes.includes('"chats"');
  const answer = client.query({ query: PAGE, variables: { room }, fetchPolicy: "network-only" });
  await until(() => line.held > 0);
  await bob.edit(chat, "after");
  await until(() => texts() === "after");
  line.release();
  await answer;
  line.holdsAnswers = () => false;
  await bob.say(room, "behind it");
  await until(() => texts() === "after,behind it", texts);
  await parley.signOut();
  await until(() => Object.keys(client.cache.extract() as object).every((id) => !id.startsWith("Chat:")), () => JSON.stringify([parley.session.state.get(), client.cache.extract()]));
});

test("what was refused is the same value as everywhere", async () => {
  const { client, room } = await begin();
  const error = await client.mutate({ mutation: SEND, variables: { room, text: "" } }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ParleyError);
  expect(error).toMatchObject({ problem: { kind: "refused", code: "BAD_USER_INPUT", field: "text" } });
});
