import { Parley } from "parley-client";
import { parleyExchange } from "parley-client/urql";
import { Client } from "urql";

const url: string = import.meta.env["VITE_PARLEY_URL"] ?? "http://127.0.0.1:8080/graphql";

export const parley = new Parley({ url });
export const client = new Client({ url, preferGetMethod: false, exchanges: [parleyExchange(parley)] });
