// What the generated documents call graphql-tag.
export { gql as default } from "urql";
