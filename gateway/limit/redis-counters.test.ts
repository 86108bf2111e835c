import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { type TestContext, test } from "node:test";
import { freePort } from "../../test/free-port.ts";
import { type Counters, dailyRule, windowRule } from "./counters.ts";
import { createDayCounts } from "./day-counts.ts";
import { createMemoryCounters } from "./memory-counters.ts";
import { createRedisCounters } from "./redis-counters.ts";

const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;
const options = { skip: hasRedis ? false : "redis-server is not on this machine" };
const password = "a-secret-of-the-store";

/** Resolves once it takes connections. */
const startRedis = async (t: TestContext, port: number): Promise<ChildProcess> => {
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--requirepass", password];
  const child = spawn("redis-server", args, { cwd: "/tmp", stdio: ["ignore", "pipe", "ignore"] });
  t.after(() => void child.kill("SIGKILL"));
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on("data", (text: Buffer) => text.includes("Ready to accept connections") && resolve());
    child.once("exit", () => reject(new Error("redis-server ended")));
  });
  return child;
};

interface Opened {
  readonly counters: Counters;
  readonly said: string[];
  /** Resolves when a sentence with these words was said. */
  hears(words: string): Promise<void>;
}

const open = async (
  t: TestContext,
  port: number,
  clock = Date.now,
  credentials = `:${password}`,
): Promise<Opened> => {
  const said: string[] = [];
  const listeners = new Set<() => void>();
  const days = createDayCounts({ mostKeys: 10, secret: Buffer.from("s"), clock, store: null });
  const counters = await createRedisCounters({
    url: `redis://${credentials}@127.0.0.1:${port}`,
    instead: createMemoryCounters(10, days),
    clock,
    warn(sentence) {
      said.push(sentence);
      for (const listener of listeners) listener();
    },
  });
  t.after(() => counters.close());
  const hears = (words: string) =>
    new Promise<void>((resolve) => {
      const look = () => said.some((sentence) => sentence.includes(words)) && resolve();
      listeners.add(look);
      look();
    });
  return { counters, said, hears };
};

const rule = windowRule("address", 2, 60);

/** Asks until the shared server is what counts: it takes a moment to connect. */
const untilShared = async (one: Counters, other: Counters): Promise<void> => {
  const wide = windowRule("route", 1_000_000, 600, "until both are connected");
  for (;;) {
    const { left } = await one.count(wide, "a");
    if ((await other.count(wide, "a")).left === left - 1 && (await one.count(wide, "a")).left === left - 2)
      return;
    await turn();
  }
};

/** Counting in memory never waits, so a loop of it would leave no time for the connection. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("two gateways count together in one store", options, async (t) => {
  const port = await freePort();
  await startRedis(t, port);
  const [one, other] = [await open(t, port), await open(t, port)];
  await untilShared(one.counters, other.counters);
  assert.equal((await one.counters.count(rule, "10.0.0.1")).isOver, false);
  assert.equal((await other.counters.count(rule, "10.0.0.1")).left, 0);
  const { isOver, resetMs } = await one.counters.count(rule, "10.0.0.1");
  assert.equal(isOver, true);
  assert.ok(resetMs > 0 && resetMs <= 60_000);
  assert.equal((await one.counters.count(rule, "10.0.0.2")).isOver, false);
  const daily = dailyRule("daily-address", 1);
  assert.equal((await one.counters.count(daily, "10.0.0.1")).isOver, false);
  for (let i = 0; i < 20; i++) assert.equal((await other.counters.count(daily, "10.0.0.1")).isOver, true);
  const raised = dailyRule("daily-address", 3);
  assert.equal((await other.counters.count(raised, "10.0.0.1")).left, 1, "what is refused does not count");
  assert.equal((await one.counters.count(raised, "10.0.0.1")).left, 0);
  assert.equal((await one.counters.count(raised, "10.0.0.1")).isOver, true);
  other.counters.takeBack(raised, "10.0.0.1");
  assert.equal(
    (await other.counters.count(raised, "10.0.0.1")).isOver,
    false,
    "what was taken back does not count",
  );
  assert.equal((await one.counters.count(raised, "10.0.0.1")).isOver, true);
});

test(
  "a store that is away is said once, memory counts meanwhile, and its return is said",
  options,
  async (t) => {
    const port = await freePort();
    const { counters, said, hears } = await open(t, port);
    await hears("does not answer");
    assert.equal((await counters.count(rule, "a")).left, 1);
    assert.equal((await counters.count(rule, "a")).left, 0);
    assert.equal((await counters.count(rule, "a")).isOver, true);
    assert.equal(said.length, 1);
    const server = await startRedis(t, port);
    await hears("answers again");
    assert.equal((await counters.count(rule, "a")).left, 1, "the store has not seen it");
    server.kill("SIGKILL");
    const everHeard = said.filter((sentence) => sentence.includes("does not answer")).length;
    assert.equal(everHeard, 1);
    while (said.length < 3) {
      await counters.count(rule, "b");
      await turn();
    }
    assert.match(said[2] ?? "", /does not answer/);
    assert.ok(
      said.every((sentence) => !sentence.includes(password) && sentence.includes(`127.0.0.1:${port}`)),
    );
  },
);

test("a store that hangs holds no request for longer than a moment", options, async (t) => {
  const port = await freePort();
  const server = await startRedis(t, port);
  const { counters, said, hears } = await open(t, port);
  const other = await open(t, port);
  await untilShared(counters, other.counters);
  server.kill("SIGSTOP");
  assert.equal((await counters.count(rule, "a")).isOver, false);
  await hears("no answer within 250 ms");
  assert.equal((await counters.count(rule, "a")).isOver, false, "and the next one does not wait at all");
  assert.equal(said.length, 1);
  server.kill("SIGCONT");
});

test(
  "while a store hangs one request finds out whether it is back, and the others go on",
  options,
  async (t) => {
    const port = await freePort();
    const server = await startRedis(t, port);
    let now = 0;
    const { counters, said, hears } = await open(t, port, () => now);
    const other = await open(t, port);
    await untilShared(counters, other.counters);
    server.kill("SIGSTOP");
    await counters.count(rule, "a");
    await hears("no answer within 250 ms");
    now += 2000;
    const answered: string[] = [];
    const asking = counters.count(rule, "b").then(() => void answered.push("b"));
    const others = ["c", "d", "e"].map((key) =>
      counters.count(rule, key).then(() => void answered.push(key)),
    );
    await Promise.all(others);
    await asking;
    assert.deepEqual(answered, ["c", "d", "e", "b"]);
    assert.equal(said.length, 1);
    server.kill("SIGCONT");
  },
);

test(
  "a store that refuses is told in a sentence that says what to mend, without the password",
  options,
  async (t) => {
    const port = await freePort();
    const server = await startRedis(t, port);
    const refused = await open(t, port, Date.now, ":not-the-password");
    await refused.hears("refuses the password: mend it in limits.store (WRONGPASS");
    const without = await open(t, port, Date.now, "");
    await without.hears("asks for another password than limits.store has");
    assert.equal((await refused.counters.count(rule, "a")).left, 1, "counted in memory");
    assert.ok([...refused.said, ...without.said].every((sentence) => !sentence.includes("not-the-password")));
    server.kill("SIGKILL");
  },
);
