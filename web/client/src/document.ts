/**
 * A Document is the text of an operation, with the types of its variables and of its answer. What graphql-codegen and
 * gql.tada make as text (`DocumentTypeDecoration`) is one, too.
 */
export type Document<Result, Variables> = {
  toString(): string;
  readonly __apiType?: (variables: Variables) => Result;
};
