/** The module of the build, as a program gets it: without a page, without TypeScript, and with types for those who have it. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import type { WireBatch } from "../gateway/model/wire.ts";
import { writeFiles } from "../setup/build/out-files.ts";
import { buildTracker } from "../setup/build/tracker.ts";
import type { CreateTracker } from "../tracker-js/core-api.ts";
import { root } from "./gateway.ts";

let dir: string;
before(async () => {
  dir = mkdtempSync(join(tmpdir(), "turnpike-core-"));
  await writeFiles(dir, await buildTracker(`${root}tracker-js`));
});
after(() => rmSync(dir, { recursive: true, force: true }));

test("the built module sends a program's events, again what was refused, and keeps what it may", async () => {
  const module: { readonly createTracker: CreateTracker } = await import(
    pathToFileURL(join(dir, "track.core.mjs")).href
  );
  const batches: WireBatch[] = [];
  let isDown = true;
  const server = createServer(async (req, res) => {
    batches.push(JSON.parse(await text(req)));
    res.writeHead(isDown ? 503 : 200).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo; // a TCP server's address is no string
    const kept = new Set<string>();
    const tracker = module.createTracker({
      collect: `http://127.0.0.1:${port}/tr/v1/`,
      common: { vid: "device-1", app: "shop-ios" },
      store: (texts, isKept) => {
        for (const text of texts) isKept ? kept.add(text) : kept.delete(text);
        return [...kept];
      },
    });
    tracker.record({ ename: "page_view", url: "app://cart" });
    await tracker.flush();
    assert.equal(kept.size, 1, "refused for now: kept");
    isDown = false;
    await tracker.flush();
    assert.equal(kept.size, 0);
    const [first] = batches;
    assert.deepEqual(
      first?.events.map(({ ename, url, vid, seq }) => [ename, url, vid, seq]),
      [["page_view", "app://cart", "device-1", 0]],
    );
    assert.ok(batches.length > 1);
    for (const { events } of batches) assert.deepEqual(events, first?.events);
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
});

/** What the compiler says of a file beside the build, as its owner's project would. */
const complaintsOf = (name: string, source: string): string[] => {
  const path = join(dir, name);
  writeFileSync(path, source);
  const program = ts.createProgram([path], {
    strict: true,
    noEmit: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts"],
    types: [],
  });
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
};

test("the types beside the build are those of the module and of window.tr, and refuse what is none of their calls", () => {
  const good = `
    import { createTracker, type Store } from "./track.core.mjs";
    import type {} from "./track.js";
    const store: Store = () => undefined;
    const tracker = createTracker({ collect: "https://t.example/tr/v1/", common: { vid: "v" }, store });
    tracker.record({ ename: "page_view", params: { a: 1 } });
    const sent: Promise<void> = tracker.flush();
    window.tr?.outcome("purchase", { value: 49, currency: "EUR" });
    const variant: string | undefined = window.tr?.variant("headline");
    export { sent, variant };`;
  assert.deepEqual(complaintsOf("good.mts", good), []);
  const wrong = `
    import { createTracker } from "./track.core.mjs";
    import type {} from "./track.js";
    createTracker({}).record({ created: "now" });
    window.tr?.outcome("purchase", { value: "49" });`;
  const complaints = complaintsOf("wrong.mts", wrong).join("\n");
  for (const expected of [/'collect' is missing/, /'string' is not assignable to type 'number'/]) {
    assert.match(complaints, expected);
  }
});
