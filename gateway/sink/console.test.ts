import { createConsoleSink } from "./console.ts";
import { sinkContract } from "./sink.contract.ts";
import type { SinkEvent } from "./sink.ts";

sinkContract("console", () => {
  let text = "";
  let isRefusing = false;
  return {
    settings: { type: "console" },
    open: () =>
      createConsoleSink("out", async (piece) => {
        if (isRefusing) throw new Error("nobody reads it any more");
        text += piece;
      }),
    taken: () =>
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as SinkEvent),
    refuse(refusing) {
      isRefusing = refusing;
    },
    printed(piece) {
      text += piece;
    },
    close() {},
  };
});
