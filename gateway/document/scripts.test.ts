import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ask, serve, type TestServer } from "../http/test-server.ts";
import { kindPath, serveScripts, versionsPath } from "./scripts.ts";

let dir: string;
let server: TestServer;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "turnpike-scripts-"));
  for (const name of ["track.js", "track.full.js", "track.gtag.js", "track.0123abcd.js", "secret.js"])
    await writeFile(join(dir, name), `/* ${name} */`);
  server = await serve(serveScripts(join(dir, "track.js"), "/js/t.js", [["/a/g/gd.min.js", "gtag"]]));
});
after(async () => {
  await server.close();
  await rm(dir, { recursive: true });
});

test("the plain name is asked for again after five minutes, a versioned one never", async () => {
  const table = [
    ["/js/t.js", "/* track.js */", "public, max-age=300"],
    ["/js/t.full.js", "/* track.full.js */", "public, max-age=300"],
    ["/a/g/gd.min.js", "/* track.gtag.js */", "public, max-age=300"],
    ["/js/t.js/track.0123abcd.js", "/* track.0123abcd.js */", "public, max-age=31536000, immutable"],
  ] as const;
  for (const [path, body, life] of table) {
    const answer = await ask(server.port, `GET ${path}`);
    assert.deepEqual([answer.status, answer.body, answer.headers.get("cache-control")], [200, body, life]);
    assert.equal(answer.headers.get("access-control-allow-origin"), "*", "for `integrity` on another origin");
    const again = await ask(server.port, `GET ${path}\nIf-None-Match: ${answer.headers.get("etag")}`);
    assert.deepEqual([again.status, again.body], [304, ""]);
  }
});

test("it leaves packed where that is taken", async () => {
  const url = `http://127.0.0.1:${server.port}/js/t.js`;
  for (const encoding of ["br", "gzip"]) {
    const answer = await fetch(url, { headers: { "accept-encoding": encoding } });
    assert.equal(answer.headers.get("content-encoding"), encoding);
    assert.equal(await answer.text(), "/* track.js */", "fetch unpacks it");
  }
  const plain = await ask(server.port, "GET /js/t.js\nAccept-Encoding: br;q=0");
  assert.equal(plain.headers.get("content-encoding"), undefined);
});

test("nothing but the scripts of the build is served", async () => {
  for (const path of ["/js/t.js/secret.js", "/js/t.js/../secret.js", "/js/t.js/", "/js/t.vitals.js"]) {
    assert.equal((await ask(server.port, `GET ${path}`)).status, 404, path);
  }
});

test("the other names come from the plain one", () => {
  assert.equal(kindPath("/track.js", "full"), "/track.full.js");
  assert.equal(kindPath("/s", "legacy"), "/s.legacy");
  assert.equal(versionsPath("/track.js"), "/track.js/");
});
