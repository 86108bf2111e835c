import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { exchangeBytes } from "../gateway/http/test-server.ts";
import type { Event } from "../gateway/model/event.ts";
import { newId } from "../gateway/model/ids.ts";
import { type Answer, ask, newVisitor, type Question, variantIn } from "./ask.ts";
import { type Gateway, personAgent, startGateway } from "./gateway.ts";
import { answerOddly, pages } from "./odd-pages.ts";
import { queryData, settle, storedEvents } from "./stored.ts";
import { type Asked, startUpstream, type Upstream } from "./upstream.ts";

const experiment = {
  key: "pricing-headline",
  variants: [
    { key: "control", weight: 0 },
    { key: "b", weight: 1 },
  ], // everybody sees b
  goals: [{ key: "purchase", event: "purchase" }],
};

let upstream: Upstream;
let gateway: Gateway;
before(async () => {
  upstream = await startUpstream(answerOddly);
  const route = { path: "/", proxy: { upstreams: [upstream.url] }, inject: true };
  gateway = await startGateway({ config: { routes: [route], experiments: [experiment] } });
});
after(async () => {
  await gateway?.close();
  await upstream?.close();
});

/** Asks for a page under a mark of its own; what was stored and what the upstream was asked for it. */
const visit = async (path: string, question: Question = {}) => {
  const mark = newId();
  const answer = await ask(`${gateway.url}${path}?mark=${mark}`, question);
  await ask(`${gateway.url}/tr/v1/?ename=after`); // acknowledged: what was appended before is stored by now
  const events = storedEvents(gateway.data).filter((event) => event.page_location?.includes(mark));
  const asked = upstream.asked.find(({ url }) => url.includes(mark));
  assert.ok(asked);
  return { answer, events, asked };
};

const namesOf = (events: readonly Event[]): string[] => events.map((event) => event.name);
const loadOf = (html: string): string | undefined =>
  /<script src="\/track\.js" data-page-load="([0-9a-f-]{36})"/.exec(html)?.[1];

/** Takes out what the gateway put in; the page as the upstream sent it must be left. */
const withoutOurs = (html: string): string =>
  html.replace(/<script src="\/track\.js"[^>]*><\/script>/, "").replace(' data-x-pricing-headline="b"', "");

// Where the attribute and the script stand in what is sent; `§` is the script.
const spliced: readonly (readonly [path: string, sent: string])[] = [
  [
    "/plain",
    '<!doctype html><html lang=en data-x-pricing-headline="b"><head>§<title>Plain</title></head><body>plain</body></html>',
  ],
  ["/no-head", '<!doctype html><html data-x-pricing-headline="b">§<body>no head</body></html>'],
  ["/no-tags", "<!doctype html>§<p>neither html nor head"],
  ["/bare", "§just words"],
  [
    "/comment",
    `<!-- <head> in a comment --><!doctype html><html class='a>b' data-x-pricing-headline="b"><!-- and > here --><head>§<title>x</title></head></html>`,
  ],
  [
    "/upper",
    '<!DOCTYPE HTML>\r\n<HTML LANG=EN data-x-pricing-headline="b">\r\n<HEAD>§\r\n<TITLE>x</TITLE></HEAD></HTML>',
  ],
  [
    "/header-tag",
    '<!doctype html><html data-x-pricing-headline="b">§<header>no head, but a header</header></html>',
  ],
  ["/bom", '\ufeff<!doctype html><html data-x-pricing-headline="b"><head>§</head></html>'],
  [
    "/drip",
    `<!doctype html><html lang='de' data-x-pricing-headline="b"><head>§<title>Tröpfchen €</title></head><body>byte by byte</body></html>`,
  ],
];
for (const [path, sent] of spliced) {
  test(`${path}: the script is put in once, where a head is or may be, and nothing else changes`, async () => {
    const { answer, events } = await visit(path);
    assert.equal(answer.status, 200);
    assert.equal(answer.text.replace(/<script src="\/track\.js"[^>]*><\/script>/, "§"), sent);
    assert.deepEqual(namesOf(events), ["document", "exposure"]);
    for (const event of events) assert.equal(event.page_load_id, loadOf(answer.text));
    assert.equal(answer.headers["cache-control"], "private, no-cache");
  });
}

test("a head that comes only after 64 KB is not waited for", async () => {
  const { answer } = await visit("/late-head");
  assert.equal(withoutOurs(answer.text), pages["/late-head"]);
  assert.notEqual(loadOf(answer.text), undefined);
});

test("a page that comes compressed although it was asked for plain is passed on whole", async () => {
  const { answer, asked } = await visit("/gzip", { headers: { "accept-encoding": "gzip, br" } });
  assert.equal(asked.headers["accept-encoding"], "identity");
  assert.equal(answer.headers["content-encoding"], "gzip");
  assert.equal(gunzipSync(answer.body).toString("utf8"), pages["/gzip"]);
  assert.equal(answer.headers["cache-control"], "private, no-cache", "it carries cookies of one visitor");
});

test("what is not HTML, or not shown, or shared, or in an encoding that cannot be changed, passes untouched and is no document", async () => {
  for (const path of ["/data", "/image", "/utf16", "/download", "/edge"]) {
    const { answer, events } = await visit(path);
    assert.equal(answer.text, pages[path]);
    assert.equal(answer.headers["set-cookie"], undefined);
    assert.deepEqual(events, []);
  }
});

test("what the upstream forbids stays forbidden, and what it says of bytes that changed is not passed on", async () => {
  const { answer } = await visit("/strict");
  assert.equal(withoutOurs(answer.text), pages["/strict"]);
  assert.notEqual(loadOf(answer.text), undefined);
  assert.equal(answer.headers["cache-control"], "private, no-cache, no-store, no-transform");
  for (const name of ["content-encoding", "content-digest", "content-md5"])
    assert.equal(answer.headers[name], undefined, name);
});

test("an error page gives an id and the script, and exposes nobody", async () => {
  for (const [path, status] of [
    ["/missing", 404],
    ["/broken", 500],
  ] as const) {
    const { answer, events } = await visit(path);
    assert.equal(answer.status, status);
    assert.notEqual(loadOf(answer.text), undefined);
    assert.ok(answer.cookies.has("vid"));
    assert.deepEqual(
      events.map((event) => [event.name, event.status]),
      [["document", status]],
    );
  }
});

test("a redirect is passed on as it is", async () => {
  const { answer, events } = await visit("/moved");
  assert.deepEqual([answer.status, answer.headers.location, answer.text], [302, "/plain", pages["/moved"]]);
  assert.equal(answer.headers["set-cookie"], undefined);
  assert.deepEqual(events, []);
});

test("the script carries the nonce of the page's policy", async () => {
  for (const [path, nonce] of [
    ["/nonce", "r4nd0m=="],
    ["/nonce-twice", "s3c0nd"],
  ] as const) {
    const { answer } = await visit(path);
    assert.match(answer.text, new RegExp(`<script src="/track\\.js"[^>]* nonce="${nonce}"[^>]*></script>`));
  }
});

test("HEAD, POST and pages loaded ahead are answered, and count as no view", async () => {
  const head = await visit("/plain", { method: "HEAD" });
  assert.deepEqual([head.answer.status, head.answer.text, head.asked.method], [200, "", "HEAD"]);
  assert.deepEqual(head.events, []);
  const post = await visit("/plain", { method: "POST", body: "a=1" });
  assert.deepEqual([post.answer.status, post.answer.text], [200, pages["/plain"]]);
  assert.deepEqual(post.events, []);
  for (const headers of [
    { "sec-purpose": "prefetch" },
    { "sec-purpose": "prefetch;prerender" },
    { purpose: "prefetch" },
  ]) {
    const ahead = await visit("/plain", { headers });
    assert.equal(variantIn(ahead.answer.text), "b", "who then looks at it sees his variant");
    assert.deepEqual(ahead.events, []);
  }
  const robot = await visit("/plain", {
    headers: { "user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)" },
  });
  assert.equal(variantIn(robot.answer.text), null);
  assert.equal(robot.answer.headers["set-cookie"], undefined);
  assert.deepEqual(
    robot.events.map((event) => [event.name, event.client_id ?? null]),
    [["document", null]],
  );
});

test("the upstream learns the variant, and never from the client", async () => {
  const forged = { "x-experiment": "pricing-headline=forged", "X-EXPERIMENT": "a=b" };
  const told = (asked: Asked) => asked.headers["x-experiment"];
  assert.equal(told((await visit("/plain", { headers: forged })).asked), "pricing-headline=b");
  assert.equal(told((await visit("/plain", { headers: { ...forged, "sec-gpc": "1" } })).asked), undefined);
  assert.equal(
    told((await visit("/plain.css", { headers: { ...forged, accept: "text/css" } })).asked),
    undefined,
  );
});

test("a form or a call of a visitor who is known tells the upstream his variant, too", async () => {
  const visitor = newVisitor(gateway.url);
  await visitor.ask("/plain");
  const mark = newId();
  await visitor.ask(`/order?mark=${mark}`, {
    method: "POST",
    body: "{}",
    headers: { accept: "application/json", "x-experiment": "forged=1" },
  });
  const asked = upstream.asked.find(({ url }) => url.includes(mark));
  assert.equal(asked?.headers["x-experiment"], "pricing-headline=b");
});

test("an upgrade to anything but a websocket is not passed on: the upstream answers a plain request", async () => {
  const bytes = `GET /plain?mark=upgrade HTTP/1.1\r\nHost: a\r\nUser-Agent: ${personAgent}\r\nConnection: Upgrade, X-Mine\r\nX-Mine: 1\r\nUpgrade: h2c\r\n\r\n`;
  const text = await exchangeBytes(gateway.ports.http, bytes, "</html>");
  assert.match(text, /^HTTP\/1\.1 200 /);
  const asked = upstream.asked.find(({ url }) => url.includes("mark=upgrade"));
  assert.deepEqual([asked?.headers.upgrade, asked?.headers["x-mine"]], [undefined, undefined]);
  assert.doesNotMatch(String(asked?.headers.connection), /upgrade/i);
});

// Last: from here on the session's cookie of this gateway has another name.
test("a site with a cookie sid of its own keeps it; ours is tp_sid, and the log says so once", async () => {
  const visitor = newVisitor(gateway.url);
  await visitor.ask("/plain");
  const ours = visitor.cookies.get("sid");
  const answers: Answer[] = [
    await visitor.ask("/login"),
    await visitor.ask("/plain"),
    await visitor.ask("/login"),
  ];
  assert.deepEqual(answers[0]?.headers["set-cookie"]?.slice(0, 2), [
    "sid=of-the-site; Path=/; HttpOnly",
    "theme=dark",
  ]);
  for (const answer of answers) assert.match(answer.cookies.get("tp_sid")?.value ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(answers[1]?.cookies.has("sid"), false);
  assert.equal(visitor.cookies.get("sid"), "of-the-site");
  assert.notEqual(ours, "of-the-site");
  const warnings = gateway
    .output()
    .split("\n")
    .filter((line) => line.includes("sets a cookie sid itself"));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /"level":40.*uses tp_sid/);
  await visitor.ask("/tr/v1/?ename=after-login");
  await settle(gateway.data);
  const vid = visitor.cookies.get("vid")?.split(".")[0];
  assert.deepEqual(
    queryData(gateway.data, `SELECT count(*) AS n FROM visitors WHERE client_id = '${vid}'`),
    [{ n: 1 }],
    "still one visitor",
  );
});
