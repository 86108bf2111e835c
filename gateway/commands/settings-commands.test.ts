import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { keyPem, makeCertificate, newKey } from "../listen/tls/make-certificate.ts";
import { run } from "./run-for-test.ts";

let folder: string;
let file: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "turnpike-commands-"));
  file = join(folder, "config.json");
  mkdirSync(join(folder, "public"));
});
after(() => rmSync(folder, { recursive: true }));

const write = (settings: object) => writeFileSync(file, JSON.stringify(settings));

test("check counts what right settings hold", async () => {
  write({ routes: [{ path: "/api/", proxy: { upstreams: ["demo"] } }, { static: { dir: "public" } }] });
  assert.deepEqual(await run(["check", "--config", file]), {
    code: 0,
    out: `${file}: ok: 1 site, 2 routes, 0 experiments\n`,
    err: "",
  });
});

test("check doubts what is allowed and hardly meant, and exits with 0", async () => {
  const site = { id: "main", cookieless: true };
  const experiment = {
    key: "headline",
    variants: [{ key: "control" }, { key: "b" }],
    goals: [{ key: "g", event: "e" }],
  };
  const stopped = { ...experiment, key: "old", status: "stopped" };
  write({
    sites: [site, { id: "b", hosts: ["b.example"], linkDomains: ["a.example"] }],
    experiments: [experiment, stopped],
  });
  const { code, out, err } = await run(["check", "--config", file]);
  assert.equal(code, 0, err);
  assert.deepEqual([code, out], [0, `${file}: ok: 2 sites, 0 routes, 2 experiments\n`]);
  const lines = err.trim().split("\n");
  assert.equal(lines.length, 2);
  assert.match(
    lines[0] ?? "",
    /experiments\[0\] \(headline\) shows nobody a variant: site main is cookieless/,
  );
  assert.match(lines[1] ?? "", /sites\[1\]\.linkDomains \(b\) takes visitors over, and hands none over/);
});

test("check doubts cookies that browsers refuse, and proxies that are everybody", async () => {
  write({
    sites: [
      { id: "main", cookieDomain: "co.uk" },
      { id: "b", hosts: ["b.example"], cookieDomain: "b.example" },
    ],
    trustedProxies: ["10.0.0.0/8", "0.0.0.0/0", "::/0"],
  });
  const { code, err } = await run(["check", "--config", file]);
  assert.equal(code, 0, err);
  const lines = err.trim().split("\n");
  assert.equal(lines.length, 3);
  assert.match(lines[0] ?? "", /sites\[0\]\.cookieDomain \(main\): browsers refuse cookies for co\.uk/);
  assert.match(lines[1] ?? "", /trustedProxies\[1\]: 0\.0\.0\.0\/0 is everybody/);
  assert.match(lines[2] ?? "", /trustedProxies\[2\]: ::\/0 is everybody/);
});

test("check reads certificates as a start would", async () => {
  write({ tls: { cert: "config.json", key: "config.json" } });
  const { code, err } = await run(["check", "--config", file]);
  assert.equal(code, 1);
  assert.match(err, /tls: \S+ and \S+ cannot be used together .*both must be PEM/);
});

test("check says which hosts no certificate in files names, and of one that it has ended", async () => {
  const key = newKey();
  const what = { name: "T", hosts: ["shop.example"], notBefore: 0, notAfter: 86_400_000 };
  const pem = makeCertificate({ ...what, publicKey: createPublicKey(key) }, { name: "T", key });
  writeFileSync(join(folder, "shop.pem"), pem);
  writeFileSync(join(folder, "shop.key"), keyPem(key));
  const hosts = ["shop.example", "www.shop.example"];
  write({ tls: { cert: "shop.pem", key: "shop.key" }, sites: [{ id: "main", hosts }] });
  const { code, err } = await run(["check", "--config", file]);
  assert.equal(code, 0);
  assert.match(err, /tls: the certificate in \S+shop\.pem has ended at 1970-01-02T/);
  assert.match(err, /tls: no certificate in tls names www\.shop\.example: https is refused there/);
});

test("check says of a wildcard that the authority cannot certify it without the DNS", async () => {
  write({ tls: "ops@shop.example", sites: [{ id: "main", hosts: ["shop.example", "*.shop.example"] }] });
  const { code, err } = await run(["check", "--config", file]);
  assert.equal(code, 0);
  assert.match(
    err,
    /tls: \*\.shop\.example gets no certificate: a wildcard is proven by the DNS alone, so set tls\.dns/,
  );
});

test("check tells all mistakes and exits with 1", async () => {
  write({ lisen: {}, data: { dir: 5 } });
  const { code, out, err } = await run(["check", "--config", file]);
  assert.equal(code, 1);
  assert.equal(out, "");
  assert.equal(
    err,
    `${file}: 2 mistakes\n  data.dir: expected a text that is not empty, got 5\n  unknown key \`lisen\`: did you mean \`listen\`?\n`,
  );
});

test("check names both sides where a route takes a path of Turnpike", async () => {
  write({ routes: [{ path: "/tr/v1/", proxy: { upstreams: ["http://localhost:3000"] } }] });
  const { code, err } = await run(["check", "--config", file]);
  assert.equal(code, 1);
  assert.match(
    err,
    /\/tr\/v1\/ \(proxy to http:\/\/localhost:3000\).*Turnpike answers itself \(events, native\)/,
  );
});

test("check tells what parts do to one another beside mistakes of other parts", async () => {
  write({
    tls: { cert: "nothing.pem", key: "nothing.pem" },
    routes: [
      { path: "/tr/v1/", proxy: { upstreams: ["http://localhost:3000"] } },
      { path: "/a/", proxy: { upstream: "http://localhost:3000" } },
      { path: "/b/", static: { dir: "public" } },
      { path: "/b/", static: { dir: "public" } },
    ],
  });
  const { code, err } = await run(["check", "--config", file]);
  assert.equal(code, 1);
  for (const mistake of [
    /^ {2}routes\[1\]\.proxy: unknown key `upstream`: did you mean `upstreams`\?$/m,
    /^ {2}routes\[3\]: is never reached: routes\[2\] has the same hosts and path$/m,
    /^ {2}route \/tr\/v1\/ .*takes the path that Turnpike answers itself/m,
  ])
    assert.match(err, mistake);
  assert.equal(err.match(/tls/g)?.length, 2, "what is told of a file is not told twice");
});

test("routes shows who answers what, aligned", async () => {
  write({
    routes: [
      { hosts: ["shop.example"], path: "/api/", proxy: { upstreams: ["http://localhost:3000"] } },
      { static: { dir: "public" }, inject: true },
    ],
  });
  const { code, out } = await run(["routes", "--config", file]);
  assert.equal(code, 0);
  const lines = out.trimEnd().split("\n");
  const rows = lines.map((line) => line.split(/ {2,}/));
  assert.deepEqual(rows[0], ["HOST", "PATH", "ANSWERED BY"]);
  assert.deepEqual(rows[1], ["*", "/track.js", "turnpike (the script)"]);
  assert.ok(rows.some((row) => row.join(" ") === "* /tr/v1/ turnpike (events, native)"));
  assert.deepEqual(rows.slice(-2), [
    ["shop.example", "/api/", "proxy to http://localhost:3000"],
    ["*", "/", `files in ${join(folder, "public")}; script and variants put in`],
  ]);
  for (const heading of ["PATH", "ANSWERED BY"]) {
    const at = lines[0]?.indexOf(heading) ?? 0;
    for (const line of lines) assert.match(line.slice(at - 2, at + 1), /^ {2}\S$/);
  }
});

test("--print-config prints settings that check accepts, and starts nothing", async () => {
  const { code, out } = await run([
    "start",
    "--proxy",
    "localhost:3000",
    "--http",
    ":9000",
    "--print-config",
  ]);
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(out), {
    listen: { http: ":9000" },
    routes: [{ path: "/", inject: true, proxy: { upstreams: ["http://localhost:3000"] } }],
  });
  writeFileSync(file, out);
  assert.equal((await run(["check", "--config", file])).code, 0);
});

test("commands on data end with the mistakes of the settings they were pointed to", async () => {
  write({ data: { dri: "x" } });
  const { code, err } = await run(["sql", "select 1", "--config", file]);
  assert.equal(code, 1);
  assert.equal(err, `${file}: data: unknown key \`dri\`: did you mean \`dir\`?\n`);
});

for (const command of [["sql", "select 1"], ["export"], ["tail"]]) {
  test(`${command[0]} says in one sentence that a folder has no data`, async () => {
    const { code, err } = await run([...command, "--data", join(folder, "nothing")]);
    assert.equal(code, 1);
    assert.equal(
      err,
      `there is no data in ${join(folder, "nothing")} yet: start the gateway, or name the folder with --data\n`,
    );
  });
}

test("check looks at plugins, and tells one that cannot be loaded or gives another type", async () => {
  writeFileSync(join(folder, "broken.mjs"), "throw new Error('no key in the environment');\n");
  write({ plugins: ["./broken.mjs"], sinks: [{ id: "crm", type: "crm" }] });
  const broken = await run(["check", "--config", file]);
  assert.deepEqual([broken.code, broken.out], [1, ""]);
  assert.equal(broken.err, `${file}: plugins: ./broken.mjs cannot be loaded: no key in the environment\n`);

  const plugin = "export const sinks = { mail: () => ({ write: async () => {} }) };\n";
  writeFileSync(join(folder, "mail.mjs"), plugin);
  write({ plugins: ["./mail.mjs"], sinks: [{ id: "crm", type: "crm" }] });
  const other = await run(["check", "--config", file]);
  assert.deepEqual([other.code, other.out], [1, ""]);
  assert.match(other.err, /crm.*mail/);
});
