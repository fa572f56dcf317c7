import type { KeyValue } from "../client/src/platform.ts";
import { Session } from "../client/src/session.ts";
import { Stored } from "../client/src/stored.ts";
import { disk } from "./storage";

const stored = new Stored(disk, "playground.session");
const { place } = stored;

// A tab that was duplicated has the same tokens, which are good once: whoever renews them tells the others.
const copies = new BroadcastChannel(place);
copies.addEventListener("message", ({ data: { was, now } }: MessageEvent<{ was: string; now: string }>) => {
  if (stored.read()?.refreshToken === was) disk.setItem(place, now);
});

const telling: KeyValue = {
  ...disk,
  setItem(key, value) {
    const was = stored.read();
    disk.setItem(key, value);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel is of one origin anyway
    if (key === place && was?.id === stored.read()?.id) copies.postMessage({ was: was?.refreshToken, now: value });
  },
};

/**
 * session is whoever was last signed in by what was run in this tab. It lies beside the documents, which hold the password, and
 * like them is gone with the tab.
 */
export const session = new Session({
  url: new URL("graphql", location.href).href, // beside the page, so that a proxy may put both below a path
  storage: telling,
  name: "playground",
});

/** refreshToken is the one to use next, or undefined when nobody is signed in. */
export const refreshToken = () => stored.read()?.refreshToken;

/** forget signs the page out; the session itself lives on. */
export function forget() {
  disk.removeItem(place);
  session.look();
}
