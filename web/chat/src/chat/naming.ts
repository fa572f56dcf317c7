import type { RoomKind } from "../gql/graphql";
import type { People } from "./people";

type Named = { id: string; name: string; kind: RoomKind };

/** addressOf is what stands for a room in an address: only the names of public rooms are those of one room. */
export const addressOf = ({ id, name, kind }: Named): string => (kind === "PUBLIC" ? name : id);

/** titleOf is what a room is called to somebody: a conversation by the others in it; `full`: with their usernames. */
export function titleOf({ name, kind }: Named, me: string, people: People, full?: boolean): string {
  if (kind !== "DIRECT") return name;
  const all = name.split(", ");
  const others = all.filter((username) => username !== me);
  return (others.length > 0 ? others : all).map((username) => people.title(username, full)).join(", ");
}
