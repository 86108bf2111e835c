import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { adminToken, type Gateway, startGateway } from "./gateway.ts";

let gateway: Gateway;
before(async () => {
  gateway = await startGateway();
});
after(() => gateway.close());

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly cookie: string | undefined;
}

/** Over node:http, because fetch does not let a test choose `Host`, `Origin` or `Sec-Fetch-Site`. */
const ask = (method: string, path: string, headers: Record<string, string>, body?: object): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const req = request({ port: gateway.ports.admin, host: "127.0.0.1", method, path, headers }, (res) => {
      let text = "";
      res.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      const cookie = res.headers["set-cookie"]?.[0]?.split(";")[0];
      res.on("end", () => resolve({ status: res.statusCode ?? 0, body: text, cookie }));
    });
    req.on("error", reject);
    req.end(body === undefined ? undefined : JSON.stringify(body));
  });

const own = () => `http://127.0.0.1:${gateway.ports.admin}`;
const bearer = { authorization: `Bearer ${adminToken}` };
const samePage = () => ({ origin: own(), "sec-fetch-site": "same-origin" });

const signIn = async (): Promise<string> => {
  const { status, cookie } = await ask("POST", "/api/signin", samePage(), { token: adminToken });
  assert.equal(status, 204);
  return cookie ?? "";
};

test("nothing of the API answers without a token, and the sentence says what to do", async () => {
  for (const path of ["/api/overview", "/api/experiments", "/api/events", "/api/tokens"]) {
    const { status, body } = await ask("GET", path, {});
    assert.equal(status, 401, path);
    assert.match(body, /sign in first/);
  }
});

test("a name that another site resolved to this address is not answered (DNS rebinding)", async () => {
  for (const host of ["evil.example", `evil.example:${gateway.ports.admin}`, "127.0.0.1"]) {
    const { status } = await ask("GET", "/api/overview", { ...bearer, host });
    assert.ok(status === 421 || status === 400, `${host}: ${status}`);
  }
  assert.equal(
    (await ask("GET", "/api/overview", { ...bearer, host: `localhost:${gateway.ports.admin}` })).status,
    200,
  );
});

test("a wrong token is 401 wherever it is given", async () => {
  assert.equal((await ask("GET", "/api/overview", { authorization: "Bearer tp_wrong" })).status, 401);
  assert.equal((await ask("POST", "/api/signin", samePage(), { token: "tp_wrong" })).status, 401);
  assert.equal((await ask("POST", "/api/signin", samePage(), { code: "wrong" })).status, 401);
});

test("the dashboard's cookie counts only on requests from the dashboard's own page", async () => {
  const cookie = await signIn();
  const cases: readonly (readonly [string, Record<string, string>, string, number])[] = [
    ["GET", samePage(), "/api/overview", 200],
    ["GET", { "sec-fetch-site": "same-origin" }, "/api/overview", 200],
    ["GET", {}, "/api/overview", 403],
    ["GET", { "sec-fetch-site": "cross-site" }, "/api/overview", 403],
    ["GET", { origin: "http://evil.example", "sec-fetch-site": "cross-site" }, "/api/overview", 403],
    ["GET", { origin: "http://127.0.0.1:1", "sec-fetch-site": "same-site" }, "/api/overview", 403],
    ["POST", { "sec-fetch-site": "same-origin" }, "/api/experiments/rebuild", 403],
    [
      "POST",
      { origin: "http://127.0.0.1:1", "sec-fetch-site": "same-origin" },
      "/api/experiments/rebuild",
      403,
    ],
    ["POST", samePage(), "/api/experiments/rebuild", 200],
  ];
  for (const [method, headers, path, expected] of cases) {
    const { status } = await ask(method, path, { ...headers, cookie });
    assert.equal(status, expected, `${method} ${path} ${JSON.stringify(headers)}`);
  }
});

test("a cookie that was changed, or whose token was revoked, is no cookie", async () => {
  const { token } = JSON.parse(
    (await ask("POST", "/api/tokens", bearer, { name: "guest", role: "read" })).body,
  );
  const { cookie = "" } = await ask("POST", "/api/signin", samePage(), { token });
  const read = (value: string) => ask("GET", "/api/overview", { ...samePage(), cookie: value });
  assert.equal((await read(cookie)).status, 200);
  assert.equal((await read(cookie.replace("read", "admin"))).status, 401);
  assert.equal((await ask("DELETE", "/api/tokens/guest", bearer)).status, 200);
  assert.equal((await read(cookie)).status, 401);
});

test("a token of the role read reads, and changes nothing", async () => {
  const { token } = JSON.parse(
    (await ask("POST", "/api/tokens", bearer, { name: "reader", role: "read" })).body,
  );
  const reader = { authorization: `Bearer ${token}` };
  assert.equal((await ask("GET", "/api/overview", reader)).status, 200);
  const refused = await ask("POST", "/api/demo/remove", reader);
  assert.equal(refused.status, 403);
  assert.match(refused.body, /role admin; yours is read/);
  assert.equal((await ask("GET", "/api/tokens", reader)).status, 403);
});

test("the site does not serve the dashboard or its API, and back ends do not see its cookie", async () => {
  for (const path of ["/api/overview", "/api/tokens"]) {
    const answer = await fetch(`${gateway.url}${path}`, { headers: bearer });
    assert.equal(answer.status, 404, path);
  }
});

test("wrong calls are told in a sentence: an unknown path, a wrong method, a body that is no object", async () => {
  assert.equal((await ask("GET", "/api/nothing", bearer)).status, 404);
  assert.equal((await ask("DELETE", "/api/overview", bearer)).status, 405);
  assert.equal((await ask("POST", "/api/tokens", bearer, [1])).status, 400);
  assert.equal((await ask("POST", "/api/tokens", bearer, { name: "x".repeat(65) })).status, 400);
  assert.equal((await ask("DELETE", "/api/tokens/%ff", bearer)).status, 404);
  for (const path of ["/healthz", "/readyz", "/metrics"])
    for (const method of ["POST", "PUT", "DELETE", "TRACE"])
      assert.equal((await ask(method, path, bearer)).status, 405, `${method} ${path}`);
});

test("what GET answers HEAD answers without its body", async () => {
  for (const path of ["/healthz", "/readyz", "/metrics", "/api/overview", "/api/tokens"])
    assert.deepEqual(await ask("HEAD", path, bearer), { status: 200, body: "", cookie: undefined }, path);
  assert.equal((await ask("HEAD", "/api/overview", {})).status, 401);
  assert.equal((await ask("HEAD", "/api/reload", bearer)).status, 405);
});

test("a token is not made where more is asked of it than it can have", async () => {
  const wish = { name: "narrow", role: "read", hosts: ["main"] };
  const { status, body } = await ask("POST", "/api/tokens", bearer, wish);
  assert.equal(status, 400);
  assert.match(body, /^hosts: a token has a name, a role and sites, nothing else/);
  const { body: listed } = await ask("GET", "/api/tokens", bearer);
  assert.doesNotMatch(listed, /narrow/);
});

test("no token and no sign-in code stands in what the program prints without a terminal", () => {
  assert.doesNotMatch(gateway.output(), new RegExp(`${adminToken}|\\btp_[\\w-]{20}|#code=`));
});
