// The rooms one is in, with urql. Each of them is in the cache, too, under its id.

import { openMyRooms as open } from "../myrooms.mjs";
import { reasonOf } from "./client.mjs";

/** openMyRooms lists the rooms one is in with the client that connect made: see ../myrooms.mjs for what it calls. */
export function openMyRooms(client, view) {
  async function ask(query, variables) {
    const { data, error } = await client.query(query, variables, { requestPolicy: "network-only" });
    if (error) throw reasonOf(error);
    return data;
  }

  async function change(mutation, variables) {
    const { error } = await client.mutation(mutation, variables);
    if (error) throw reasonOf(error);
  }

  function follow({ query, variables }, { next, error }) {
    const events = client.subscription(query, variables);
    const stream = events.subscribe((result) => (result.error ? error(reasonOf(result.error)) : next(result.data.events)));
    return () => stream.unsubscribe();
  }

  return open({ ask, change, follow }, view);
}
