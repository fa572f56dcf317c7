import { createContext } from "react";
import { useStore } from "../api/store";
import type { People } from "../chat/people";
import { useServices } from "../ui/services";

/** CrowdContext says that a room has more members than are known, so any name in it may be shared. */
export const CrowdContext = createContext(false);

/** usePeople is what people are called, now. */
export function usePeople(): People {
  const { people } = useServices();
  useStore(people.changes);
  return people;
}
