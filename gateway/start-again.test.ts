import assert from "node:assert/strict";
import { test } from "node:test";
import type { LoadOptions } from "./config/load.ts";
import { startAgain } from "./start-again.ts";

const cases: readonly (readonly [LoadOptions, ports: string, command: string])[] = [
  [{}, "--http :8090", "turnpike start --http :8090"],
  [
    { file: "my site.json", overrides: { data: "/d", http: ":8080", admin: ":8081" } },
    "--http :8090",
    "turnpike start --config 'my site.json' --data /d --admin :8081 --http :8090",
  ],
  [
    { proxy: "http://localhost:3000", overrides: { data: "it's", admin: ":1" } },
    "--admin :2 --http :3",
    "turnpike start --proxy http://localhost:3000 --data 'it'\\''s' --admin :2 --http :3",
  ],
  [
    { staticDir: "./public", domains: ["a.example", "b.example"], email: "ops@a.example" },
    "--https :444",
    "turnpike start --static ./public --email ops@a.example --domain a.example b.example --https :444",
  ],
];
for (const [load, ports, command] of cases) {
  test(`the command to paste keeps what it was started with: ${command}`, () => {
    const told = startAgain({}, { load, adminToken: "tp_secret", dev: false }, ports);
    assert.equal(told, `start on another port with: ${command}`);
  });
}

test("whoever typed npm start is told npm start", () => {
  const told = startAgain(
    { npm_lifecycle_event: "start" },
    { load: {}, adminToken: null, dev: true },
    "--http :8090",
  );
  assert.equal(told, "start on another port with: npm start -- --dev --http :8090");
});
