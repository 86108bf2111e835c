import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { test } from "node:test";
import { run } from "./run-for-test.ts";

const commands = [
  "start",
  "check",
  "routes",
  "tail",
  "export",
  "sql",
  "experiment",
  "experiment rebuild",
  "token",
  "token create",
  "token list",
  "token revoke",
  "demo",
];
for (const command of commands) {
  test(`turnpike ${command} --help prints its help and exits with 0`, async () => {
    const { code, out, err } = await run([...command.split(" "), "--help"]);
    assert.equal(code, 0);
    assert.match(out, new RegExp(`^Usage: turnpike ${command} `));
    assert.equal(err, "");
  });
}

test("every command is told of in the help", async () => {
  const { code, out } = await run(["--help"]);
  assert.equal(code, 0);
  for (const command of commands) assert.match(out, new RegExp(`^  ${command.split(" ")[0]}\\b`, "m"));
});

test("every command that the help names is found by that name", async () => {
  const { out } = await run(["--help"]);
  const names = [...out.matchAll(/^ {2}([a-z][a-z-]+) /gm)].map(([, name = ""]) => name);
  assert.ok(names.length > 20);
  for (const name of names.filter((one) => one !== "help")) {
    assert.match((await run([name, "--help"])).out, new RegExp(`^Usage: turnpike ${name} `));
  }
});

test("the help of a command is also found by `help`", async () => {
  assert.match((await run(["help", "seal"])).out, /^Usage: turnpike seal /);
});

const misused: readonly (readonly [argv: readonly string[], message: RegExp])[] = [
  [[], /Usage: turnpike/],
  [["strat"], /^command line: there is no command strat: did you mean start\?\n/],
  [["start", "--prot", "80"], /^command line: there is no option --prot: did you mean --proxy\?\n/],
  [["start", "--http"], /^command line: --http: expected <host:port> behind it\n/],
  [["start", "now"], /^command line: start takes no arguments, got now\n/],
  [["start", "--proxy", "3000", "--static", "."], /^command line: --proxy and --static exclude each other\n/],
  [["start", "--proxy", "3000", "--config", "x.json"], /--proxy and --config exclude each other/],
  [["sql"], /^command line: <statement> is missing\n/],
  [
    ["export", "--format", "xml"],
    /^command line: --format: expected one of jsonl, csv, parquet, got "xml"\n/,
  ],
  [
    ["export", "--from", "yesterday"],
    /^command line: --from: expected a day such as 2026-01-31, .*, got "yesterday"\n/,
  ],
  [["export", "--to", "2026-13-01"], /expected a day/],
  [["export", "--to", "2026-02-31"], /expected a day/],
  [["prune", "--before", "2026-02-30"], /expected a day/],
  [["export", "--what", "experiments", "--site", "main"], /take no --from/],
  [["token"], /Usage: turnpike token/],
  [
    ["token", "create", "a", "--role", "root"],
    /^command line: --role: expected one of read, write, admin, got "root"\n/,
  ],
  [
    ["token", "create", "no/name"],
    /^command line: <name>: expected letters, .* at most 64, got "no\/name"\n/,
  ],
  [["demo", "--visitors", "many"], /--visitors: expected a whole number from 1 to 1000000, got "many"/],
  [["demo", "--url", "ftp://x"], /expected http:/],
  [["demo", "--remove", "--url", "http://localhost:1"], /--remove and --url exclude each other/],
  [["tail", "--lines", "-1"], /^command line: --lines: expected a whole number from 0 to 999999, got "-1"\n/],
];
for (const [argv, message] of misused) {
  test(`turnpike ${argv.join(" ")} is a misuse: exit code 2, nothing on stdout`, async () => {
    const { code, out, err } = await run(argv);
    assert.equal(code, 2);
    assert.equal(out, "");
    assert.match(err, message);
  });
}

test("start is handed its options, and its number is the exit code", async () => {
  const given: unknown[] = [];
  const start = async (options: unknown) => {
    given.push(options);
    return 7;
  };
  const argv = "start -c x.json -d d --http :1 --admin :2 --admin-token t --dev".split(" ");
  assert.equal((await run(argv, { start })).code, 7);
  await run(["start", "--proxy", "3000"], { start });
  assert.deepEqual(given, [
    {
      load: { file: "x.json", overrides: { data: "d", http: ":1", admin: ":2" } },
      adminToken: "t",
      dev: true,
    },
    { load: { proxy: "3000", overrides: {} }, adminToken: null, dev: false },
  ]);
});

test("a failure is told in one sentence and exits with 1, a fault of ours with its stack", async () => {
  const fails = (error: Error) => run(["start"], { start: () => Promise.reject(error) });
  assert.deepEqual(await fails(new Error("listen: port 8080 is in use")), {
    code: 1,
    out: "",
    err: "listen: port 8080 is in use\n",
  });
  assert.match((await fails(new TypeError("x is not a function"))).err, /TypeError: x is not.*\n\s+at /);
});

test("help of no command is told with what is nearest", async () => {
  const { code, err } = await run(["help", "exprt"]);
  assert.equal(code, 2);
  assert.match(err, /^command line: there is no command exprt: did you mean export\?\n/);
});

test("a reader that leaves early is no failure", async () => {
  const stdout = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })),
  });
  const { code, err } = await run(["--help"], { stdout });
  assert.deepEqual([code, err], [0, ""]);
});

test("a database that turns out to be damaged is told in one sentence", async () => {
  const damaged = Object.assign(new Error("database disk image is malformed"), {
    code: "SQLITE_CORRUPT_VTAB",
  });
  const { code, err } = await run(["start"], { start: () => Promise.reject(damaged) });
  assert.deepEqual(
    [code, err],
    [1, "turnpike.db is damaged: `turnpike verify` says where; put a backup in its place\n"],
  );
});

test("output that cannot be written is told in one sentence, and is a failure", async () => {
  const stdout = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error("no room"), { code: "ENOSPC" })),
  });
  const { code, err } = await run(["start", "--print-config", "--proxy", "3000"], { stdout });
  assert.deepEqual(
    [code, err],
    [1, "the output could not be written whole (ENOSPC): make room, or send it elsewhere\n"],
  );
});

test("a gateway whose log cannot be written ends as it would", async () => {
  const stdout = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error("no room"), { code: "ENOSPC" })),
  });
  const start = async () => {
    stdout.write("listening");
    return 0;
  };
  assert.equal((await run(["start"], { stdout, start })).code, 0);
});

const emptyPaths = [
  ["start", "--data", ""],
  ["start", "--config", ""],
  ["start", "--static", ""],
  ["check", "--config", ""],
  ["routes", "--config", ""],
  ["sql", "select 1", "--data", ""],
  ["erase", "--visitor", "x", "--data", ""],
  ["backup", ""],
  ["replay", ""],
  ["import-config", ""],
];
for (const argv of emptyPaths) {
  test(`${argv.join(" ")}'' is refused: no path is a variable that is not set, and not the working folder`, async () => {
    const { code, out, err } = await run(argv);
    assert.equal(code, 2);
    assert.match(err, /^command line: (--\w+|<\w+>): expected a path, got ""\n/);
    assert.equal(out, "");
  });
}

for (const token of ["", "a b", "schlüssel", "a\nb"]) {
  test(`--admin-token ${JSON.stringify(token)} is refused`, async () => {
    const { code, err } = await run(["start", "--admin-token", token], { start: async () => 0 });
    assert.equal(code, 2);
    assert.match(err, /expected letters, digits and signs of ASCII, without spaces/);
  });
}

test("what is wrong on the command line alone is not the file's fault, and used wrongly", async () => {
  const { code, err } = await run(["start", "--print-config", "--http", "99999", "--proxy", "3000"]);
  assert.deepEqual([code, err], [2, 'command line: --http: expected a port up to 65535, got "99999"\n']);
});

test("--remove goes with no number of visitors: it removes all", async () => {
  const { code, err } = await run(["demo", "--remove", "--visitors", "5"]);
  assert.equal(code, 2);
  assert.match(err, /^command line: --remove and --visitors exclude each other\n/);
});
