import { useEffect, useState } from "react";
import { useStore } from "../api/store";
import type { History } from "../chat/history";
import { Reacting, type Pending } from "../chat/reacting";
import { useServices } from "../ui/services";

/** useReacting is how one reacts in a room, and what of that is on its way. */
export function useReacting(history: History): [Reacting, ReadonlyMap<string, Pending>] {
  const { client } = useServices();
  const [reacting] = useState(() => new Reacting(client, history));
  useEffect(() => reacting.follow(), [reacting]);
  return [reacting, useStore(reacting.pending)];
}
