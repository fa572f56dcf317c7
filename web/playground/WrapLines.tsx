import { pick, useGraphiQL } from "@graphiql/react";
import { useEffect } from "react";

/** WrapLines shows long lines whole: a token, a chat, an operation on one line. */
export function WrapLines() {
  const editors = useGraphiQL(pick("queryEditor", "headerEditor", "variableEditor", "responseEditor"));
  useEffect(() => {
    for (const editor of Object.values(editors)) editor?.updateOptions({ wordWrap: "on", wrappingIndent: "indent" });
  }, [editors]);
  return null;
}
