// The rooms one is in, with Apollo Client 4. Each of them is in the cache, too, under its id.

import { gql } from "@apollo/client";
import { openMyRooms as open } from "../myrooms.mjs";
import { reasonOf } from "./client.mjs";

/** openMyRooms lists the rooms one is in with the client that connect made: see ../myrooms.mjs for what it calls. */
export function openMyRooms(client, view) {
  async function ask(query, variables) {
    try {
      return (await client.query({ query: gql(query), variables, fetchPolicy: "network-only" })).data;
    } catch (error) {
      throw reasonOf(error);
    }
  }

  const change = (mutation, variables) => client.mutate({ mutation: gql(mutation), variables });

  function follow({ query, variables }, { next, error }) {
    const events = client.subscribe({ query: gql(query), variables });
    const stream = events.subscribe((result) => (result.error ? error(reasonOf(result.error)) : next(result.data.events)));
    return () => stream.unsubscribe();
  }

  return open({ ask, change, follow }, view);
}
