// The hooks, in React as applications have it: in strict mode, which opens, closes and opens again.
import { Window } from "happy-dom";
import { createElement, StrictMode } from "react";
import { expect, onTestFinished, test } from "vitest";
import type { Parley } from "../src/index.ts";
import { useRoom, useRooms, useSession } from "../react/index.ts";
import { page, range, room, rooms, say } from "./rooms.ts";
import { gate, Scripted, tab, until } from "./scripted.ts";

const window = new Window();
const navigator = globalThis.navigator ?? window.navigator; // Node 20 has none
Object.assign(globalThis, { window, document: window.document });
Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
const { createRoot } = await import("react-dom/client");

function Page({ parley, name }: { parley: Parley; name: string }) {
  const session = useSession(parley);
  const list = useRooms(parley);
  const { status, chats, waiting, timeline } = useRoom(parley, name);
  const texts = [...chats, ...waiting].map(({ text }) => text).join();
  const who = session.status === "in" ? session.user.username : "nobody";
  return createElement("button", { onClick: () => timeline?.send("said") }, `${who} in ${list?.map(({ id }) => id).join("+")}; ${name} ${status}: ${texts}`);
}

test("a page of rooms and chats, another room that starts clean, and the end", async () => {
  const server = await Scripted.start();
  rooms(server, room("a"), room("b"));
  server.on("SendChat", () => "never");
  server.on("RoomPage", ({ variables }) => page(String(variables["room"]), range(1, 2)));
  const parley = tab(server);
  const root = createRoot(document.body);
  onTestFinished(() => root.unmount());
  const renders = new Set<string>();
  const show = (name: string) => root.render(createElement(StrictMode, null, createElement(Page, { parley, name })));
  const shows = (text: string) =>
    until(
      () => {
        renders.add(document.body.textContent ?? "");
        return document.body.textContent === text;
      },
      () => document.body.textContent,
    );
  show("a");
  await shows("nobody in undefined; a loading: ");
  await parley.session.login("ann", "correct horse battery");
  await shows("ann in a+b; a ready: chat 1,chat 2");
  await until(() => server.streams.length === 1);
  say(server.streams[0], "a", 3);
  await shows("ann in a+b; a ready: chat 1,chat 2,chat 3");
  document.querySelector("button")?.click();
  await shows("ann in a+b; a ready: chat 1,chat 2,chat 3,said");
  const answer = gate();
  server.on("RoomPage", async () => {
    await answer.wait();
    return page("b", range(7, 8));
  });
  renders.clear();
  show("b");
  await shows("ann in a+b; b loading: ");
  await until(() => server.named("RoomPage").some(({ variables }) => variables["room"] === "b"));
  const answering = setInterval(answer.open, 2); // in strict mode it is asked for twice
  await shows("ann in a+b; b ready: chat 7,chat 8");
  clearInterval(answering);
  expect([...renders].filter((text) => text.includes("; b") && text.includes("chat 3"))).toEqual([]);
  await parley.signOut();
  await shows("nobody in undefined; b loading: ");
});
