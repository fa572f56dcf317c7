import type { CodegenConfig } from "@graphql-codegen/cli";

// The chat's documents, typed from the schema that the server serves.
const config: CodegenConfig = {
  schema: "../graph/schema.graphqls",
  documents: "chat/src/documents/*.graphql",
  generates: {
    "chat/src/gql/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        scalars: { DateTime: "string", Cursor: "string", ID: "string", JSON: "unknown" },
        strictScalars: true,
        enumsAsTypes: true,
        useTypeImports: true,
        // Text that urql reads at start, and not the tree that it becomes: a tenth of the bytes. The tag
        // it asks for is chat/src/api/tag.ts, by vite.chat.config.ts and tsconfig.json.
        documentMode: "graphQLTag",
      },
    },
  },
};

export default config;
