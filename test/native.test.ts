import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { WebSocket } from "ws";
import type { Event } from "../gateway/model/event.ts";
import { newId } from "../gateway/model/ids.ts";
import { ask } from "./ask.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { queryData, settle, storedEvents } from "./stored.ts";
import { waitFor } from "./wait-for.ts";
import { withGateway } from "./with-gateway.ts";

const writeKey = "a-write-key-of-the-site";
const config = {
  sites: [{ id: "main", hosts: ["localhost", "127.0.0.1"], writeKeys: [writeKey] }],
  routes: [],
  tracking: {
    legacyPaths: ["/str/v1/", "/img/v1/", "/ppi/v1/", "/tlv/v1/", "/ping", "/status", "/clear"],
  },
  limits: { requests: 1_000_000 },
};
const key = { authorization: `Bearer ${writeKey}` };

let gateway: Gateway;
before(async () => {
  gateway = await startGateway({ config });
});
after(() => gateway?.close());

const post = (path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  ask(`${gateway.url}${path}`, { method: "POST", body, headers });

const eventOf = (id: unknown): Event | undefined =>
  storedEvents(gateway.data).find((event) => event.id === id);

test("hits of both layouts are stored before they are answered, and none is redirected", async () => {
  const name = `n-${newId()}`;
  const paths = [
    `/tr/v1/ename/${name}`,
    `/tr/v1/tr/ename/${name}`,
    `/tr/v1//ename//${name}`,
    `/img/v1/ename/${name}`,
    `/tr/v1/img/?ename=${name}`,
    `/tr/v1/url/https%3A%2F%2Fa.com%2Fb/ename/${name}`,
  ];
  for (const path of paths) {
    const answer = await ask(`${gateway.url}${path}`);
    assert.equal(answer.status, 200, path);
    assert.ok(eventOf(answer.headers["turnpike-event"]), path);
  }
  for (const path of ["/tr/v1", "/tr/v1/", "/tr/v1/tr", "/tr/v1/tr/", "/img/v1", "/tr/v1//"]) {
    const answer = await post(path, JSON.stringify({ ename: name }), { "content-type": "text/plain" });
    assert.equal(answer.status, 200, path);
    assert.equal(eventOf(answer.headers["turnpike-event"])?.name, name, path);
  }
});

test("a packed batch is stored whole", async () => {
  const list = Array.from({ length: 50 }, (_, i) => ({ eid: newId(), ename: `packed-${i}` }));
  const headers = { "content-encoding": "gzip", "content-type": "application/x-ndjson" };
  const answer = await post("/tr/v1/", gzipSync(list.map((one) => JSON.stringify(one)).join("\n")), headers);
  assert.equal(answer.status, 200);
  for (const { eid, ename } of list) assert.equal(eventOf(eid)?.name, ename);
});

test("the monitors of the original are answered, and none of it is an event", async () => {
  const count = storedEvents(gateway.data).length;
  assert.equal((await ask(`${gateway.url}/ping`)).text, "pong");
  assert.match((await ask(`${gateway.url}/status`)).text, /^\[\{"Key":"client"/);
  const clear = { method: "POST", headers: { "sec-fetch-site": "same-origin" } };
  assert.match(String((await ask(`${gateway.url}/clear`, clear)).headers["set-cookie"]), /vid=;.*sid=;/s);
  assert.equal((await ask(`${gateway.url}/clear`)).status, 405);
  assert.equal(storedEvents(gateway.data).length, count);
});

test("what lies below the collect path and is not served is no event", async () => {
  const count = storedEvents(gateway.data).length;
  for (const path of ["/tr/v1/rdr/?url=https://a.example/", "/tr/v1/pub/a.js", "/tr/v1/ws", "/pub/v1/a.js"]) {
    assert.equal((await ask(`${gateway.url}${path}`)).status, 404, path);
  }
  assert.equal(storedEvents(gateway.data).length, count);
});

describe("payments", () => {
  test("sent three times at once they count once, refunds reduce, and the value is told to who holds the key", async () => {
    const invoice = {
      uid: "buyer-1",
      orid: "order-1",
      invid: newId(),
      currency: "EUR",
      payments: [
        { pid: "tea", total: 20.1 },
        { pid: "cup", total: 5.2 },
        { pid: "cup", total: -5.2, paid_at: "2026-01-02T03:04:05Z" },
      ],
    };
    const send = () => post("/tr/v1/ltv/", JSON.stringify(invoice), key);
    const answers = await Promise.all([send(), send(), send()]);
    assert.deepEqual(
      answers.map(({ status, text }) => [status, text]),
      Array(3).fill([200, ""]),
    );
    await settle(gateway.data);
    for (const query of ["uid=buyer-1", "orid=order-1"]) {
      const { text } = await ask(`${gateway.url}/tr/v1/ltv/?${query}`, { headers: key });
      const { currencies } = JSON.parse(text) as { currencies: Record<string, unknown>[] };
      assert.deepEqual(
        currencies.map(({ currency, value, payments, refunds }) => [currency, value, payments, refunds]),
        [["EUR", 20.1, 3, 1]],
      );
    }
    assert.equal((await ask(`${gateway.url}/tr/v1/ltv/?uid=buyer-1`)).status, 401);
  });

  test("without the key nothing is paid", async () => {
    const answer = await post("/tlv/v1/", `{"uid":"thief","amt":-1000,"invid":"x"}`);
    assert.equal(answer.status, 401);
    assert.ok(!storedEvents(gateway.data).some((event) => event.user_id === "thief"));
  });
});

test("agreements are kept with their history, and told to their visitor alone", async () => {
  const cookie = `vid=${newId()}`;
  for (const cflags of [1024, 4096]) {
    const answer = await post("/ppi/v1/agree", JSON.stringify({ cflags }), { cookie });
    assert.deepEqual([answer.status, answer.text], [200, ""]);
  }
  const told = await waitFor(async () => {
    const list = JSON.parse((await ask(`${gateway.url}/tr/v1/ppi/agree`, { headers: { cookie } })).text) as {
      cflags: number;
    }[];
    return list.length === 2 && list;
  }, "the agreements");
  assert.deepEqual(
    told.map(({ cflags }) => cflags),
    [4096, 1024],
  );
  assert.doesNotMatch(JSON.stringify(told), /127\.0\.0|Chrome/);
  assert.equal((await ask(`${gateway.url}/ppi/v1/agree?${cookie}`)).status, 404);
});

test("counters are exact when many count at once and the process is killed meanwhile", async () => {
  const data = mkdtempSync(join(tmpdir(), "turnpike-counts-"));
  try {
    const lanes = Array.from({ length: 8 }, () => Array.from({ length: 40 }, () => newId()));
    const first = await startGateway({ config, data });
    const statuses = await Promise.all(lanes.map((ids) => count(first, ids)));
    assert.deepEqual([...new Set(statuses.flat())], [200]);
    // Sent again, as by a client that did not hear the answer, while the process dies.
    await Promise.all([...lanes.slice(0, 4).map((ids) => count(first, ids)), first.kill()]);
    const second = await startGateway({ config, data });
    await Promise.all(lanes.slice(4).map((ids) => count(second, ids)));
    await settle(data);
    const [row] = queryData(data, "SELECT n FROM message_counts WHERE id = 'signups'");
    assert.equal(row?.["n"], 320);
    await second.close();
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
});

/** The statuses of one count after the other; 0 where there was no answer. */
const count = async (from: Gateway, ids: readonly string[]): Promise<number[]> => {
  const statuses: number[] = [];
  for (const eid of ids) {
    const body = JSON.stringify({ etyp: "count", id: "signups", eid });
    const sent = ask(`${from.url}/str/v1/`, { method: "POST", body, headers: key });
    statuses.push(
      await sent.then(
        ({ status }) => status,
        () => 0,
      ),
    );
  }
  return statuses;
};

describe("websockets", () => {
  const connect = (origin: string, path = "/tr/v1/ws") =>
    new WebSocket(`${gateway.url.replace("http", "ws")}${path}`, { headers: { origin } });
  const refused = (socket: WebSocket): Promise<number | undefined> =>
    new Promise((resolve) => {
      socket.on("unexpected-response", (_req, res) => {
        res.resume();
        resolve(res.statusCode);
      });
      socket.on("error", () => {}); // it follows the answer
    });

  test("a frame is stored before its answer comes, and its event is as one of HTTP", async () => {
    const socket = connect(gateway.url);
    await new Promise((resolve) => socket.once("open", resolve));
    const answer = new Promise<string>((resolve) => socket.once("message", (data) => resolve(String(data))));
    socket.send(
      JSON.stringify({ ename: "framed", vid: newId(), url: `${gateway.url}/page?utm_source=news` }),
    );
    const { eid } = JSON.parse(await answer) as { eid: string };
    const event = eventOf(eid);
    assert.deepEqual(
      [event?.name, event?.utm_source, event?.page_path, event?.tracking_protocol],
      ["framed", "news", "/page", "native"],
    );
    socket.close();
  });

  test("another site's page, and another path, get none", async () => {
    assert.equal(await refused(connect("https://evil.example")), 403);
    assert.equal(await refused(connect(gateway.url, "/elsewhere")), 404);
  });
});

test("files of the public folder are served below both paths, and none of it is an event", async () => {
  const publicDir = mkdtempSync(join(tmpdir(), "turnpike-public-"));
  writeFileSync(join(publicDir, "track_url.html"), "<h1>links</h1>");
  const legacyPaths = ["/pub/v1/"];
  try {
    await withGateway({ config: { ...config, tracking: { legacyPaths, publicDir } } }, async (one) => {
      for (const path of ["/pub/v1/track_url.html", "/tr/v1/pub/track_url.html"]) {
        const answer = await ask(`${one.url}${path}?url=x`);
        assert.deepEqual([answer.status, answer.text], [200, "<h1>links</h1>"], path);
      }
      for (const path of [
        "/pub/v1/",
        "/pub/v1/other",
        "/tr/v1/pub/..%2fnative.test.ts",
        "/str/v1/",
        "/ping",
      ]) {
        assert.ok([400, 404].includes((await ask(`${one.url}${path}`)).status), path);
      }
      assert.equal(storedEvents(one.data).length, 0);
    });
  } finally {
    rmSync(publicDir, { recursive: true, force: true });
  }
});

test("a gateway with open websockets stops at once", async () => {
  await withGateway({ config }, async (one) => {
    const socket = new WebSocket(`${one.url.replace("http", "ws")}/tr/v1/ws`, {
      headers: { origin: one.url },
    });
    await new Promise((resolve) => socket.once("open", resolve));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    const stopped = one.stop();
    assert.equal(await closed, 1001);
    assert.equal(await stopped, 0);
  });
});
