// A scripted server with ann signed in, and a room that she has opened.
import type { SignedIn, Timeline } from "../src/index.ts";
import { Scripted, type Stream, tab, until } from "./scripted.ts";

export async function begin(before: (server: Scripted) => void = () => {}) {
  const server = await Scripted.start();
  before(server);
  const parley = tab(server);
  await parley.session.login("ann", "correct horse battery");
  const signedIn = parley.signedIn.get() as SignedIn;
  await until(() => server.streams.length === 1 && server.named("MyRooms").length === 2);
  return { server, parley, signedIn, stream: () => server.streams.at(-1) as Stream };
}

export async function opened(signedIn: SignedIn, id = "a"): Promise<Timeline> {
  const timeline = signedIn.open(id);
  await until(() => timeline.view.get().status === "ready");
  return timeline;
}
