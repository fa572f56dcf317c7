import type { Readable } from "../../../client/src/cell.ts";
import type { Link } from "../../../client/src/connection.ts";
import { isOnline, listen } from "../../../client/src/platform.ts";
import { Store } from "./store";

const hold = 1000; // ms that the line may be cut before anybody is told

/** Line is the connection as people see it. */
export class Line {
  readonly link: Store<Link>;
  /** How often it has been connected. */
  readonly times = new Store(0);
  readonly #undo: (() => void)[];
  #telling: ReturnType<typeof setTimeout> | undefined;

  constructor(link: Readable<Link>) {
    const now = () => (isOnline() ? link.get() : "offline");
    const look = () => {
      clearTimeout(this.#telling);
      if (now() === "lost" && this.link.get() === "live") this.#telling = setTimeout(() => this.link.set("lost"), hold);
      else this.link.set(now());
    };
    const changed = () => {
      look();
      if (link.get() === "live") this.times.set(this.times.get() + 1);
    };
    this.link = new Store(now());
    this.#undo = [link.subscribe(changed), listen("online", look), listen("offline", look)];
  }

  stop(): void {
    clearTimeout(this.#telling);
    for (const undo of this.#undo) undo();
  }
}
