import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { testSite } from "../model/test-site.ts";
import { createListener } from "./listener.ts";
import { createLocalAuthority } from "./tls/local-authority.ts";

const dir = mkdtempSync(join(tmpdir(), "turnpike-handshake-"));
after(() => rmSync(dir, { recursive: true }));

/** What an encrypted port answers to these bytes until it closes the connection, and what it told of them. */
const answerTo = async (t: TestContext, bytes: string, asksClients: boolean) => {
  const told: number[] = [];
  const listener = createListener({
    address: "127.0.0.1:0",
    handler: (x) => void x.res.end(),
    headerBytes: 8192,
    siteOf: () => testSite,
    isTrusted: () => false,
    clock: () => 0,
    portHint: () => "",
    onError: () => {},
    onMalformed: ({ status }) => told.push(status),
    tls: {
      certificates: createLocalAuthority({ dir, clock: Date.now, serves: () => true }),
      minVersion: "TLSv1.2",
      clients: { any: () => asksClients, of: () => null },
    },
  });
  const { port } = await listener.listen();
  t.after(() => listener.stop(0));
  const socket = connect({ port, host: "127.0.0.1" }, () => socket.write(bytes));
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  await once(socket, "close");
  return { text, told };
};

for (const asksClients of [false, true]) {
  const where = asksClients ? ", also where first messages are looked at" : "";

  test(`HTTP in the clear at a port of TLS is told so${where}`, async (t) => {
    for (const method of ["GET", "HEAD", "POST", "PUT"]) {
      const head = `${method} /a HTTP/1.1\r\nHost: shop.example\r\n\r\n`;
      const { text, told } = await answerTo(t, head, asksClients);
      assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\n/, method);
      assert.match(text, /\r\n\r\nthis port speaks TLS: ask with https:\/\/ instead of http:\/\/\n$/, method);
      assert.deepEqual(told, [400], method);
    }
  });

  test(`what is neither HTTP nor TLS gets no answer of HTTP${where}`, async (t) => {
    for (const bytes of ["SSH-2.0-OpenSSH_9.6\r\n", "\x16\x03\x01\x00\x05hello"]) {
      const { text, told } = await answerTo(t, bytes, asksClients);
      assert.doesNotMatch(text, /HTTP/, bytes);
      assert.deepEqual(told, [], bytes);
    }
  });
}
