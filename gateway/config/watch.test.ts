import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { createChangeDetector, watchConfig } from "./watch.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "turnpike-watch-"));
  file = join(folder, "config.json");
  writeFileSync(file, "one");
});
afterEach(() => rmSync(folder, { recursive: true }));

const watchOnce = () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const watcher = watchConfig(file, resolve);
  return { changed: promise.finally(() => watcher.close()) };
};

test("a file that is written in place is noticed", async () => {
  const { changed } = watchOnce();
  writeFileSync(file, "two");
  await changed;
});

test("a file that an editor renames over the old one is noticed", async () => {
  const { changed } = watchOnce();
  writeFileSync(join(folder, ".config.json.swp"), "two");
  renameSync(join(folder, ".config.json.swp"), file);
  await changed;
});

test("a file that is removed and written anew is noticed", async () => {
  const { changed } = watchOnce();
  rmSync(file);
  writeFileSync(file, "two");
  await changed;
});

test("a file behind links is noticed when it is written, and when a link leads elsewhere", async () => {
  for (const [name, content] of [
    ["first", "two"],
    ["second", "three"],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "config.json"), content);
  }
  // As Kubernetes mounts settings.
  symlinkSync("first", join(folder, "..data"));
  rmSync(file);
  symlinkSync(join("..data", "config.json"), file);
  const swapped = watchOnce();
  symlinkSync("second", join(folder, "..next"));
  renameSync(join(folder, "..next"), join(folder, "..data"));
  await swapped.changed;
  const written = watchOnce();
  writeFileSync(join(folder, "second", "config.json"), "four");
  await written.changed;
});

test("a touch and a save of the same content are no change, what differs is one", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let calls = 0;
  const watcher = watchConfig(file, () => {
    calls++;
    resolve();
  });
  utimesSync(file, new Date(), new Date());
  writeFileSync(file, "one");
  writeFileSync(file, "two");
  await promise;
  watcher.close();
  assert.equal(calls, 1);
});

test("content is compared with what it was when last asked", () => {
  const contents = ["one", "one", null, "one", "two", "two", null, "three"];
  const hasChanged = createChangeDetector(() => contents.shift() ?? null);
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7].map(() => hasChanged()),
    [false, false, false, true, false, false, true],
  );
});
