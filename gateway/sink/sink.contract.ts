/** What every sink must hold to. `sinkContract` makes the tests; an implementation brings its outside with it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { messageOf } from "./message-of.ts";
import type { Sink, SinkEvent } from "./sink.ts";
import type { CrashRun } from "./test-crash.ts";
import { sinkEvent } from "./test-events.ts";

/** A sink with the world it writes to. */
export interface SinkUnderTest {
  /** as in the settings file, without the id */
  readonly settings: { readonly type: string } & Readonly<Record<string, unknown>>;
  readonly plugins?: readonly string[];
  /** made anew, as after a restart */
  open(): Promise<Sink> | Sink;
  /** all events that are outside, in the order in which they came, those that came again, too */
  taken(): Promise<readonly SinkEvent[]> | readonly SinkEvent[];
  /** from now on the world refuses what comes, or takes it again */
  refuse(isRefusing: boolean): Promise<void> | void;
  /** what a process printed that was killed */
  printed?(text: string): void;
  close(): Promise<void> | void;
}

export const sinkContract = (name: string, make: () => Promise<SinkUnderTest> | SinkUnderTest): void => {
  const contract = (promise: string, work: (under: SinkUnderTest, t: TestContext) => Promise<void>) =>
    test(`${name}: ${promise}`, async (t) => {
      const under = await make();
      try {
        await work(under, t);
      } finally {
        await under.close();
      }
    });

  contract("what was written is outside, once and in order, also after a restart", async (under) => {
    for (const [from, to] of [
      [0, 40],
      [40, 100],
    ] as const) {
      const sink = await under.open();
      for (let i = from; i < to; i += 20) await sink.write(events(i, i + 20), never());
      await sink.close?.();
    }
    assert.deepEqual(idsOf(await under.taken()), idsOf(events(0, 100)));
  });

  contract("20,000 events in batches of 500 are all outside", async (under) => {
    const sink = await under.open();
    for (let i = 0; i < 20_000; i += 500) await sink.write(events(i, i + 500), never());
    await sink.close?.();
    assert.deepEqual(idsOf(await under.taken()), idsOf(events(0, 20_000)));
  });

  contract("any text comes out as it went in", async (under) => {
    const text = 'line\nfeed\r\u2028 "quotes" \\ \u0000 \u001b[31m é 日本 😀 </script>';
    const odd = {
      ...sinkEvent(1),
      name: text,
      properties: { [text]: [text, null, 1e21, -0.5, { a: text }] },
    };
    const sink = await under.open();
    await sink.write([odd], never());
    await sink.close?.();
    assert.deepEqual(await under.taken(), [odd]);
  });

  contract("a write that is refused fails with one sentence, and succeeds later", async (under) => {
    const sink = await under.open();
    await sink.write(events(0, 10), never());
    await under.refuse(true);
    for (let i = 0; i < 2; i++) {
      await assert.rejects(Promise.resolve(sink.write(events(10, 20), never())), (error: Error) => {
        assert.match(messageOf(error), /^.{8,}$/, "it says why");
        return true;
      });
    }
    await under.refuse(false);
    await sink.write(events(10, 20), never());
    await sink.close?.();
    assert.deepEqual(new Set(idsOf(await under.taken())), new Set(idsOf(events(0, 20))));
  });

  contract("a write whose time is up before it began ends", async (under) => {
    const sink = await under.open();
    await Promise.allSettled([sink.write(events(0, 10), AbortSignal.abort(new Error("too late")))]);
    await sink.write(events(10, 20), never());
    await sink.close?.();
    const taken = new Set(idsOf(await under.taken()));
    assert.ok(idsOf(events(10, 20)).every((id) => taken.has(id)));
  });

  for (const moment of ["written", "writing"] as const) {
    const when = moment === "written" ? "between the write and the cursor" : "while it writes";
    contract(
      `through SIGKILLs ${when}, every event is outside at least once, none is skipped`,
      async (under) => {
        const folder = mkdtempSync(join(tmpdir(), "turnpike-sink-"));
        const run = { ...crashRun[moment], batchEvents: 8 };
        try {
          const kills = await runToTheEnd(under, { ...run, moment, place: join(folder, "place") });
          assert.ok(kills >= 3, `only ${kills} kills`);
          const taken = idsOf(await under.taken());
          assert.deepEqual(
            [...new Set(taken)],
            idsOf(events(0, run.events)),
            "in order of their first coming",
          );
          if (moment === "written") assert.ok(taken.length > run.events, "what the cursor missed came again");
        } finally {
          rmSync(folder, { recursive: true });
        }
      },
    );
  }
};

/** A process that dies while it writes comes a batch or two further than one that dies before its cursor is kept. */
const crashRun = { written: { events: 60, dieAt: 3 }, writing: { events: 80, dieAt: 2 } } as const;

const program = fileURLToPath(new URL("./test-crash.ts", import.meta.url));

/** Starts the program again and again until it comes to its end; answers how often it was killed. */
const runToTheEnd = async (
  under: SinkUnderTest,
  run: Omit<CrashRun, "settings" | "plugins">,
): Promise<number> => {
  const whole: CrashRun = { ...run, settings: under.settings, plugins: under.plugins ?? [] };
  for (let kills = 0; ; kills++) {
    const { signal, code } = await runOnce(whole, (text) => under.printed?.(text));
    if (signal === "SIGKILL") continue;
    assert.equal(code, 0, "the program came to its end");
    return kills;
  }
};

const runOnce = (
  run: CrashRun,
  printed: (text: string) => void,
): Promise<{ readonly code: number | null; readonly signal: string | null }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, JSON.stringify(run)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      printed(text);
      resolve({ code, signal });
    });
  });

const events = (from: number, to: number): readonly SinkEvent[] =>
  Array.from({ length: to - from }, (_, i) => sinkEvent(from + i));

const idsOf = (list: readonly SinkEvent[]): readonly string[] => list.map(({ id }) => String(id));

const never = (): AbortSignal => new AbortController().signal;
