import { pick, useGraphiQL } from "@graphiql/react";
import { useEffect } from "react";

/** isNarrow is as in the style sheet: there the document needs all the room. */
export const isNarrow = matchMedia("(max-width: 640px)").matches;

const narrow = { lineNumbers: "off", lineDecorationsWidth: 0, folding: false, fontSize: 13 } as const;
const options = { wordWrap: "on", wrappingIndent: "indent", ...(isNarrow && narrow) } as const;

/** WrapLines shows long lines whole: a token, a chat, an operation on one line. */
export function WrapLines() {
  const editors = useGraphiQL(pick("queryEditor", "headerEditor", "variableEditor", "responseEditor"));
  useEffect(() => {
    for (const editor of Object.values(editors)) editor?.updateOptions(options);
  }, [editors]);
  return null;
}
