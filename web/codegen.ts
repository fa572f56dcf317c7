import type { CodegenConfig } from "@graphql-codegen/cli";

const types = {
  scalars: { DateTime: "string", Cursor: "string", ID: "string", JSON: "unknown" },
  strictScalars: true,
  enumsAsTypes: true,
  useTypeImports: true,
};

// The documents of the chat and of the client, typed from the schema that the server serves.
const config: CodegenConfig = {
  schema: "../graph/schema.graphqls",
  generates: {
    "chat/src/gql/": {
      documents: "chat/src/documents/*.graphql",
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        ...types,
        // Text that urql reads at start, and not the tree that it becomes: a tenth of the bytes. The tag
        // it asks for is chat/src/api/tag.ts, by vite.chat.config.ts and tsconfig.json.
        documentMode: "graphQLTag",
      },
    },
    "client/src/gql/documents.ts": {
      documents: "client/src/documents.graphql",
      plugins: ["typescript-operations", "./client/documents.plugin.mjs"],
      // Types come with the package, which has no dependency for them; an enum may grow.
      config: { ...types, onlyOperationTypes: true, skipTypename: true, immutableTypes: true, avoidOptionals: false },
    },
  },
};

export default config;
