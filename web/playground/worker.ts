// The editor wants a worker for itself, one for JSON and one for GraphQL. All three stand on the
// same large base, so they are one file: each module below sets its own `onmessage` when it is
// loaded, and the worker's name says which of them to keep.
import { start as editor } from "./worker.editor";
import { start as graphql } from "./worker.graphql";
import { start as json } from "./worker.json";

// oxlint-disable-next-line unicorn/prefer-add-event-listener -- the kept one replaces this property itself
self.onmessage = self.name === "json" ? json : self.name === "graphql" ? graphql : editor;
