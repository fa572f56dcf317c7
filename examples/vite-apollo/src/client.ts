import { ApolloClient, InMemoryCache } from "@apollo/client";
import { Parley } from "parley-client";
import { feedApollo, parleyLink, typePolicies } from "parley-client/apollo";

const url: string = import.meta.env["VITE_PARLEY_URL"] ?? "http://127.0.0.1:8080/graphql";

export const parley = new Parley({ url });
const cache = new InMemoryCache({ typePolicies });
export const client = new ApolloClient({ link: parleyLink(parley, cache), cache });
feedApollo(parley, client);
