import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createFileSink } from "./file.ts";
import { sinkContract } from "./sink.contract.ts";
import type { SinkEvent } from "./sink.ts";
import { sinkEvent } from "./test-events.ts";

const signal = new AbortController().signal;

const eventsIn = (file: string): readonly SinkEvent[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as SinkEvent);

const idsIn = (file: string): readonly unknown[] => eventsIn(file).map(({ id }) => id);

const folderFor = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-file-sink-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

sinkContract("file", () => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-file-sink-"));
  const path = join(folder, "out", "events.jsonl");
  const aside = join(folder, "aside");
  const options = { path, megabytes: 1, files: 50 };
  return {
    settings: { type: "file", ...options },
    open: () => createFileSink("archive", options),
    taken() {
      const numbered = readdirSync(join(folder, "out")).map((name) =>
        Number(/\.(\d+)$/.exec(name)?.[1] ?? 0),
      );
      return numbered.sort((a, b) => b - a).flatMap((n) => eventsIn(n === 0 ? path : `${path}.${n}`));
    },
    refuse(isRefusing) {
      // A folder under the file's name refuses every user, root too.
      if (isRefusing) {
        renameSync(path, aside);
        mkdirSync(path);
      } else {
        rmSync(path, { recursive: true });
        renameSync(aside, path);
      }
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
});

test("a file that would grow past its size gives way, and only so many are kept", async (t) => {
  const path = join(folderFor(t), "events.jsonl");
  const line = `${JSON.stringify(sinkEvent(0))}\n`.length;
  const sink = createFileSink("archive", { path, megabytes: (3 * line) / 1_048_576, files: 3 });
  for (let n = 0; n < 10; n++) await sink.write([sinkEvent(n)], signal);
  await sink.close?.();
  assert.deepEqual(
    ["", ".1", ".2"].map((end) =>
      eventsIn(`${path}${end}`).map(({ properties }) => (properties as { n: number }).n),
    ),
    [[9], [6, 7, 8], [3, 4, 5]],
  );
  assert.ok(!existsSync(`${path}.3`));
  assert.equal(statSync(path).mode & 0o777, 0o600, "for its owner's eyes");
});

test("a batch that is larger than a file goes into one whole", async (t) => {
  const path = join(folderFor(t), "events.jsonl");
  const sink = createFileSink("archive", { path, megabytes: 0.0001, files: 2 });
  await sink.write([sinkEvent(0), sinkEvent(1), sinkEvent(2)], signal);
  await sink.write([sinkEvent(3)], signal);
  await sink.close?.();
  assert.deepEqual([idsIn(path).length, idsIn(`${path}.1`).length], [1, 3]);
});

test("half a line that a crash left is cut off before the next is written", async (t) => {
  const path = join(folderFor(t), "events.jsonl");
  const first = createFileSink("archive", { path, megabytes: 1, files: 2 });
  await first.write([sinkEvent(0)], signal);
  await first.close?.();
  appendFileSync(path, '{"id":"half of an ev');
  const second = createFileSink("archive", { path, megabytes: 1, files: 2 });
  await second.write([sinkEvent(1)], signal);
  await second.close?.();
  assert.deepEqual(idsIn(path), [sinkEvent(0).id, sinkEvent(1).id]);
});

test("a file of half a line alone, longer than one read, is emptied", async (t) => {
  const path = join(folderFor(t), "events.jsonl");
  appendFileSync(path, "x".repeat(200_000));
  const sink = createFileSink("archive", { path, megabytes: 1, files: 2 });
  await sink.write([sinkEvent(0)], signal);
  await sink.close?.();
  assert.deepEqual(idsIn(path), [sinkEvent(0).id]);
});

test("a file that was moved away, as log rotation does, is not written to any more", async (t) => {
  const path = join(folderFor(t), "events.jsonl");
  const sink = createFileSink("archive", { path, megabytes: 1, files: 2 });
  await sink.write([sinkEvent(0)], signal);
  renameSync(path, `${path}.moved`);
  await sink.write([sinkEvent(1)], signal);
  rmSync(path);
  await sink.write([sinkEvent(2)], signal);
  await sink.close?.();
  assert.deepEqual([idsIn(`${path}.moved`), idsIn(path)], [[sinkEvent(0).id], [sinkEvent(2).id]]);
});

test("a file that cannot be written is said with its name and the reason", async (t) => {
  const path = folderFor(t);
  const sink = createFileSink("archive", { path, megabytes: 1, files: 2 });
  await assert.rejects(sink.write([sinkEvent(0)], signal), {
    message: `${path} cannot be written (EISDIR): make room, or name another path`,
  });
});

test("with /dev/full as its disk a write fails, and nothing is taken for written", {
  skip: existsSync("/dev/full") ? false : "there is no /dev/full here",
}, async () => {
  const sink = createFileSink("archive", { path: "/dev/full", megabytes: 1, files: 2 });
  await assert.rejects(
    sink.write([sinkEvent(0)], signal),
    /\/dev\/full cannot be written \((ENOSPC|EINVAL)\)/,
  );
});
