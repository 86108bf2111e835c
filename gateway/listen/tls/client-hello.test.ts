import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { connect } from "node:tls";
import { hostIn, readHello } from "./client-hello.ts";

/** What a real client says first. */
const helloOf = async (t: TestContext, options: object): Promise<Buffer> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // listening on TCP
  const client = connect({ port, host: "127.0.0.1", ...options });
  client.on("error", () => {});
  const [socket] = await once(server, "connection");
  const [hello] = (await once(socket, "data")) as [Buffer];
  t.after(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  return hello;
};

test("a first message names its host, in lower case", async (t) => {
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"]) {
    const hello = await helloOf(t, { servername: "Shop.Example", maxVersion });
    assert.equal(hostIn(hello), "shop.example", maxVersion);
    assert.equal(hostIn(await helloOf(t, { servername: "Shop.Example.", maxVersion })), "shop.example");
  }
});

test("a first message without a host, cut short or of another kind names none", async (t) => {
  assert.equal(hostIn(await helloOf(t, {})), null);
  const hello = await helloOf(t, { servername: "shop.example" });
  assert.equal(hostIn(Buffer.alloc(0)), null);
  assert.equal(hostIn(Buffer.from("GET / HTTP/1.1\r\n\r\n")), null);
  for (let length = 0; length < 60; length++)
    assert.equal(hostIn(hello.subarray(0, length)), null, `${length}`);
});

test("a message that was read is there to be read again, as often as somebody looks", async (t) => {
  const server = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // listening on TCP
  const seen = new Promise<readonly Buffer[]>((resolve) => {
    server.on("connection", (socket) => {
      t.after(() => socket.destroy());
      readHello(socket, (first) => readHello(socket, (second) => resolve([first, second])));
    });
  });
  const client = connect({ port, host: "127.0.0.1", servername: "shop.example" });
  client.on("error", () => {});
  t.after(() => {
    client.destroy();
    server.close();
  });
  const [first = Buffer.alloc(0), second] = await seen;
  assert.equal(hostIn(first), "shop.example");
  assert.deepEqual(first, second);
});
