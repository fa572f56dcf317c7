import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { ApolloClient, ApolloLink, gql, InMemoryCache } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { Client as UrqlClient, subscriptionExchange } from "@urql/core";
import { createClient as createSSE } from "graphql-sse";
import { createClient as createWS } from "graphql-ws";
import { tap } from "rxjs";
import { WebSocket } from "ws";
import { proxy, serve } from "./cutting.mjs";
import { ask, register } from "./server.mjs";
import { spawn } from "../clients/testing/children.mjs";
import { patient } from "../clients/testing/rounds.mjs";

const query = `subscription Chats($after: Cursor) { chatSent(room: "general", after: $after) { number cursor } }`;

// Each follows the room through the proxy and tells `hear` every chat. To resume, `after` moves in place: the
// clients read the variables again at each try.
const followers = {
  "graphql-ws": (host, token, variables, hear, fail) => {
    const client = overWebSocket(host, token);
    client.subscribe({ query, variables }, sink(({ data }) => {
      variables.after = data.chatSent.cursor;
      hear(data.chatSent);
    }, fail));
    return () => client.dispose();
  },
  "graphql-sse": (host, token, variables, hear, fail) => {
    const client = createSSE({
      url: `http://${host}/graphql`,
      headers: () => ({ Authorization: `Bearer ${token}` }),
      retryAttempts: Infinity,
      retry: soon,
    });
    client.subscribe({ query, variables }, sink(({ data }) => {
      variables.after = data.chatSent.cursor;
      hear(data.chatSent);
    }, fail));
    return () => client.dispose();
  },
  "Apollo Client": (host, token, variables, hear, fail) => {
    const socket = overWebSocket(host, token);
    const resume = new ApolloLink((operation, forward) =>
      forward(operation).pipe(tap(({ data }) => {
        operation.variables.after = data.chatSent.cursor;
      })),
    );
    const client = new ApolloClient({ cache: new InMemoryCache(), link: resume.concat(new GraphQLWsLink(socket)) });
    client.subscribe({ query: gql(query), variables }).subscribe(sink(({ data, error }) => {
      if (error) fail(error);
      else hear(data.chatSent);
    }, fail));
    return () => {
      client.stop();
      return socket.dispose();
    };
  },
  urql: (host, token, variables, hear, fail) => {
    const socket = overWebSocket(host, token);
    const client = new UrqlClient({
      url: `http://${host}/graphql`,
      preferGetMethod: false,
      exchanges: [subscriptionExchange({
        forwardSubscription: (request) => ({
          subscribe: (to) => {
            const asked = { ...request, variables: { ...request.variables } };
            const next = (result) => {
              asked.variables.after = result.data.chatSent.cursor;
              to.next(result);
            };
            return { unsubscribe: socket.subscribe(asked, { ...to, next, error: to.error.bind(to), complete: to.complete.bind(to) }) };
          },
        }),
      })],
    });
    const { unsubscribe } = client.subscription(query, variables).subscribe(({ data, error }) => {
      if (error) fail(error);
      else hear(data.chatSent);
    });
    return () => {
      unsubscribe();
      return socket.dispose();
    };
  },
};

const soon = () => new Promise((resolve) => setTimeout(resolve, 20));

const sink = (next, fail) => ({ next, error: fail, complete: () => fail(new Error("complete")) });

function overWebSocket(host, token) {
  return createWS({
    url: `ws://${host}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: () => ({ authorization: token }),
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: soon,
  });
}

for (const [name, follow] of Object.entries(followers)) {
  test(`${name} gets every chat once, through a cut connection and a restart`, patient, async (t) => {
    const { data, first, token, after } = await room(t);
    const between = await proxy(t, first.origin);
    const heard = new Heard();
    const stop = follow(between.host, token, { after }, ({ number }) => heard.add(number), (error) => heard.fail(error));
    t.after(stop);

    await say(first.origin, token, 3);
    await heard.until(3);
    between.cut();
    await say(first.origin, token, 3);
    await heard.until(6);
    await first.stop();
    const second = await serve(t, data);
    await say(second.origin, token, 3);
    between.to = second.origin;
    await heard.until(9);
    await say(second.origin, token, 1);
    await heard.until(10);
    assert.deepEqual(heard.numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.ok(between.connections >= 3, `${between.connections} connections`);
    await stop();
    await second.stop();
  });
}

test("curl gets cursors as the ids of events, and resumes from the last one", patient, async (t) => {
  const { first, token, after } = await room(t);
  await say(first.origin, token, 4);
  const begun = await curl(t, first.origin, token, { after }, [], 4);
  for (const { id, data } of begun) assert.equal(id, JSON.parse(data).data.chatSent.cursor);
  const resumed = await curl(t, first.origin, token, { after }, ["-H", `Last-Event-ID: ${begun[1].id}`], 2);
  assert.deepEqual(resumed, begun.slice(2));
  const anew = await curl(t, first.origin, token, {}, ["-H", `Last-Event-ID: ${begun[2].id}`], 1);
  assert.deepEqual(anew, begun.slice(3));
});

// curl returns the first n events of a stream, as far as they have data.
async function curl(t, origin, token, variables, more, n) {
  const args = ["-sSN", `${origin}/graphql`, "-H", "Content-Type: application/json", "-H", "Accept: text/event-stream"];
  args.push("-H", `Authorization: Bearer ${token}`, ...more, "-d", JSON.stringify({ query, variables }));
  const running = spawn("curl", args, { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => running.kill());
  const events = [];
  let event = {};
  for await (const line of createInterface({ input: running.stdout })) {
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (line === "" && event.data !== undefined) events.push(event);
    if (line === "") event = {};
    else if (field !== "") event[field] = value;
    if (events.length === n) break;
  }
  running.kill();
  return events;
}

// room is a server with a room, and the place before its first chat.
async function room(t) {
  const data = await mkdtemp(join(tmpdir(), "parley-"));
  const first = await serve(t, data);
  t.after(() => rm(data, { recursive: true, force: true }));
  const token = await register(first.origin, "ann");
  await ask(first.origin, `mutation { createRoom(name: "general") { id } }`, { token });
  const { chats } = await ask(first.origin, `{ chats(room: "general") { syncCursor } }`, { token });
  return { data, first, token, after: chats.syncCursor };
}

async function say(origin, token, n) {
  for (let i = 0; i < n; i++) await ask(origin, `mutation { sendChat(room: "general", text: "hello") { id } }`, { token });
}

// Heard keeps the numbers of chats. A stream that ends is a failure.
class Heard {
  numbers = [];
  changed = new EventEmitter();

  add(number) {
    this.numbers.push(number);
    this.changed.emit("changed");
  }

  fail(error) {
    this.failure = error;
    this.changed.emit("changed");
  }

  async until(n) {
    while (!this.failure && this.numbers.at(-1) !== n) await once(this.changed, "changed");
    if (this.failure) throw this.failure;
  }
}
