import { GraphiQL } from "graphiql";
import { fetcher } from "./fetcher";
import { FollowSystem } from "./FollowSystem";
import icon from "./icon.svg";
import { SignedIn } from "./SignedIn";
import { noToken, storage } from "./storage";
import { isNarrow, WrapLines } from "./WrapLines";

/** Playground is GraphiQL on this server. */
export function Playground() {
  return (
    <GraphiQL
      fetcher={fetcher}
      storage={storage}
      shouldPersistHeaders
      showPersistHeadersSettings={false}
      defaultHeaders={noToken}
      defaultEditorToolsVisibility={isNarrow ? false : "variables"}
    >
      <GraphiQL.Logo>
        <span className="parley-logo">
          <img src={icon} alt="" />
          Parley
        </span>
      </GraphiQL.Logo>
      <GraphiQL.Footer>
        <SignedIn />
      </GraphiQL.Footer>
      <FollowSystem />
      <WrapLines />
    </GraphiQL>
  );
}
