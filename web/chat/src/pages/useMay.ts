import { useQuery } from "urql";
import { RightsDocument, type ServerAction } from "../gql/graphql";

/** useMay says what one may do on the server. Until it has said so that is everything: most leave nothing out, and it refuses what it must. */
export function useMay(): (action: ServerAction) => boolean {
  const [{ data }] = useQuery({ query: RightsDocument });
  return (action) => !data || data.server.membersMay.includes(action) || data.me?.serverRole === "ADMIN";
}
