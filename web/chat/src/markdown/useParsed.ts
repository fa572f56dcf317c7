import { useState } from "react";
import { parse, type Parsed } from "./parse";

/** useParsed reads a text once. One that grows is read on from its last block. */
export function useParsed(text: string): Parsed {
  const [read] = useState(() => {
    let before: Parsed | undefined;
    return (now: string) => (before = parse(now, before));
  });
  return read(text);
}
