import "monaco-graphql/esm/graphql.worker.js";

export const start = self.onmessage;
