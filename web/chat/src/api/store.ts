import { useSyncExternalStore } from "react";
import type { Readable } from "../../../client/src/cell.ts";

/** Store is one value that changes, and those who want to know. */
export { Cell as Store } from "../../../client/src/cell.ts";

/** useStore is the value of a store, in a component. */
export const useStore = <Value>(store: Readable<Value>): Value => useSyncExternalStore(store.subscribe, store.get);
