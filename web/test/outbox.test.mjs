// What becomes of a chat of one's own that is changed or discarded while the server is asked.
import assert from "node:assert/strict";
import { test } from "node:test";
import { patient } from "../clients/testing/rounds.mjs";
import { asking, held, services } from "./bare.mjs";
import { call, mortal } from "./mortal.mjs";
import { eventually, room, stored } from "./people.mjs";

/** writing is somebody who writes. The first answer to what has this name comes only when it is released. */
async function writing(t, name, { before, after = async () => {} } = {}) {
  const server = await mortal(t);
  const [ann, bob] = await room(server.origin, "ann", "bob");
  const { room: general } = await call(server.origin, ann.accessToken, `{ room(id: "general") { id } }`);
  const [answer, answered] = [held(), held()];
  const waits = new Set([name]);
  asking(t, server, {
    before: async (asked, variables) => before?.(asked, variables, server, bob),
    after: async (asked) => {
      await after(asked);
      if (!waits.delete(asked)) return;
      answered.release();
      await answer.until;
    },
  });
  const { outbox } = await services(t, server, ann);
  const texts = () => stored(server, ann);
  const idle = () => eventually(() => outbox.drafts.get().some(({ state }) => state === "waiting" || state === "discarded"), false);
  return { outbox, room: general.id, texts, idle, asked: answered.until, release: answer.release };
}

test("the answer to a chat that its room has shown before says nothing of the change that was made since", patient, async (t) => {
  const { outbox, room: general, texts, idle, asked, release } = await writing(t, "SendChat");
  outbox.send(general, "tpyo");
  const [{ id }] = outbox.drafts.get();
  await asked;
  outbox.drop(new Set([id])); // as a room does that shows it
  outbox.edit(general, id, "typo");
  release();
  await idle();
  assert.deepEqual(await texts(), ["typo"]);
});

for (const [what, change, want] of [
  ["changed", (outbox, draft) => outbox.edit(draft.room, draft.id, "changed"), ["somebody else's", "changed"]],
  ["discarded", (outbox, draft) => outbox.discard(draft.id), ["somebody else's"]],
]) {
  test(`a chat that is ${what} while the server refuses its id stays so`, patient, async (t) => {
    // Somebody else is faster, with the same id.
    const taken = new Set();
    const before = async (name, { id }, server, bob) => {
      if (name !== "SendChat" || taken.size > 0) return;
      taken.add(id);
      const query = `mutation ($id: ID!) { sendChat(room: "general", id: $id, text: "somebody else's") { id } }`;
      await call(server.origin, bob.accessToken, query, { id });
    };
    const { outbox, room: general, texts, idle, asked, release } = await writing(t, "SendChat", { before });
    outbox.send(general, "mine");
    await asked;
    change(outbox, outbox.drafts.get()[0]);
    release();
    await idle();
    assert.deepEqual(await texts(), want);
  });
}

test("a chat that is changed while it is deleted is sent anew", patient, async (t) => {
  // Its first answer is lost, so that it may be there.
  const lost = new Set(["SendChat"]);
  const after = async (name) => {
    if (lost.delete(name)) throw new TypeError("fetch failed");
  };
  const { outbox, room: general, texts, idle, asked, release } = await writing(t, "DeleteChat", { after });
  outbox.send(general, "in anger");
  const [{ id }] = outbox.drafts.get();
  await eventually(texts, ["in anger"]);
  outbox.discard(id);
  await asked;
  outbox.edit(general, id, "in peace");
  release();
  await idle();
  assert.deepEqual(await texts(), [null, "in peace"]);
});
