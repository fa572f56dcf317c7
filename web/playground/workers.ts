import EditorWorker from "./worker?worker";

self.MonacoEnvironment = {
  getWorker: (_id, label) => new EditorWorker({ name: label }),
};
