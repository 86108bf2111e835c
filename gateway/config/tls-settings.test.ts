import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type LoadOptions, loadConfig } from "./load.ts";

const folder = mkdtempSync(join(tmpdir(), "turnpike-tls-settings-"));
after(() => rmSync(folder, { recursive: true }));

const load = (settings: object, options: LoadOptions = {}) => {
  const file = join(folder, "config.json");
  writeFileSync(file, JSON.stringify(settings));
  return loadConfig({ file, ...options });
};

const tlsOf = (settings: object) => {
  const loaded = load(settings);
  assert.equal(loaded.kind, "ok", JSON.stringify(loaded));
  return loaded.kind === "ok" ? loaded.config.tls : null;
};

const sites = [{ id: "main", hosts: ["shop.example"] }];

test("one line is enough for certificates of Let's Encrypt", () => {
  const tls = tlsOf({ tls: "ops@shop.example", sites });
  assert.deepEqual(
    [tls?.mode, tls?.email, tls?.directory, tls?.challenge],
    ["acme", "ops@shop.example", "letsencrypt", "auto"],
  );
});

test("files are found from the folder of the settings", () => {
  writeFileSync(join(folder, "shop.pem"), "");
  const tls = tlsOf({ tls: { cert: "shop.pem", key: "./shop.pem" } });
  assert.deepEqual(tls?.files, [{ cert: join(folder, "shop.pem"), key: join(folder, "shop.pem") }]);
});

const wrong: readonly [what: string, settings: object, mistake: RegExp][] = [
  [
    "no host to certify",
    { tls: "ops@shop.example" },
    /^tls: there is no host to get a certificate for: name one/,
  ],
  [
    "a misspelt mode",
    { tls: "locl" },
    /^tls: did you mean "local"\? expected "local", "off", .*, got "locl"$/,
  ],
  ["a mode that needs more", { tls: "acme" }, /^tls: did you mean { "mode": "acme" }\? expected/],
  ["a misspelt mode in an object", { tls: { mode: "locl" } }, /^tls\.mode: expected one of "acme", "files"/],
  [
    "hosts that nobody certifies",
    { tls: "ops@shop.example", sites: [{ id: "main", hosts: ["localhost", "*.shop.example"] }] },
    /^tls: there is no host/,
  ],
  [
    "a word that is no mode",
    { tls: "letsencrypt" },
    /^tls: expected "local", "off", an e-mail address .*got "letsencrypt"/,
  ],
  [
    "an address that is none",
    { tls: "ops@shop", sites },
    /^tls\.email: expected an e-mail address, got "ops@shop"/,
  ],
  [
    "a file that is not there",
    { tls: { cert: "no.pem", key: "shop.pem" } },
    /^tls\.cert: there is no file \S+no\.pem/,
  ],
  [
    "a root that is no certificate",
    { tls: { email: "a@shop.example", root: fileURLToPath(import.meta.url) }, sites },
    /^tls\.root: \S+tls-settings\.test\.ts holds no certificate in PEM, or cannot be read/,
  ],
  ["files without files", { tls: { mode: "files" } }, /^tls\.files: is missing/],
  [
    "dns-01 without a command",
    { tls: { email: "a@shop.example", challenge: "dns-01" }, sites },
    /^tls\.dns: is missing: challenge dns-01 needs a command/,
  ],
  [
    "a directory in the clear",
    { tls: { mode: "acme", directory: "http://ca.example/" }, sites },
    /^tls\.directory: /,
  ],
  [
    "a range that is none",
    { tls: { onDemand: { ask: "http://a.example/", allow: ["x"] } } },
    /^tls\.onDemand\.allow\[0\]: expected an address or a range/,
  ],
  [
    "the port of http",
    { tls: "local", listen: { https: ":8080" } },
    /^listen\.https: has the port of listen\.http, 8080/,
  ],
];
for (const [what, settings, mistake] of wrong) {
  test(`${what} is told with its path`, () => {
    const loaded = load(settings);
    const told =
      loaded.kind === "wrong" ? loaded.mistakes.map(({ path, message }) => `${path}: ${message}`) : [];
    assert.equal(told.length, 1, told.join("\n"));
    assert.match(told[0] ?? "", mistake);
  });
}

test("a misspelt name of a file is told where it stands, with what was meant", () => {
  const told = load({ tls: { cert: "shop.pem", kye: "shop.pem" } });
  assert.deepEqual(told.kind === "wrong" && told.mistakes, [
    { path: "tls.key", message: "is missing: expected a text that is not empty" },
    { path: "tls", message: "unknown key `kye`: did you mean `key`?" },
  ]);
  const whole = load({ tls: { mode: "files", files: [{ cert: "shop.pem", key: "no.pem" }] } });
  assert.equal(whole.kind === "wrong" && whole.mistakes[0]?.path, "tls.files[0].key");
});

test("a port that nothing opens is nobody's", () => {
  assert.equal(load({ listen: { https: ":8080" } }).kind, "ok");
});

test("--domain serves hosts on the ports of the web", () => {
  const loaded = loadConfig({
    proxy: "3000",
    domains: ["Shop.example", "www.shop.example"],
    email: "a@shop.example",
  });
  assert.equal(loaded.kind, "ok", JSON.stringify(loaded));
  if (loaded.kind !== "ok") return;
  const { listen, tls, sites: served } = loaded.config;
  assert.deepEqual(
    [listen.http, listen.https, tls.mode, tls.email, served[0]?.hosts],
    [":80", ":443", "acme", "a@shop.example", ["shop.example", "www.shop.example"]],
  );
});

test("mistakes of --domain and --email are told by the option's name", () => {
  const paths = [
    loadConfig({ proxy: "3000", domains: ["localhost"] }),
    loadConfig({ proxy: "3000", domains: ["shop.example"], email: "nobody" }),
    loadConfig({ proxy: "3000", domains: ["shop.example"], overrides: { https: "here" } }),
  ].map((loaded) => (loaded.kind === "wrong" ? loaded.mistakes.map(({ path }) => path) : []));
  assert.deepEqual(paths, [["--domain"], ["--email"], ["--https"]]);
});
