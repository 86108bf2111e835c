import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type RecordedRequest, readRecordedRequest, writeRecordedRequest } from "./recorded-request.ts";

const read = (fields: unknown) => readRecordedRequest(JSON.stringify(fields));
const at = Date.UTC(2026, 0, 1);

describe("a line of a recording", () => {
  test("needs no more than a time and a URL", () => {
    assert.deepEqual(read({ at, url: "/" }), {
      kind: "request",
      request: { at, method: "GET", url: "/", headers: {}, body: Buffer.alloc(0), remoteAddress: null },
    });
  });

  test("takes ISO times, headers of any case and lists of them, bodies as text and as base64", () => {
    const found = read({
      at: "2026-01-01T01:00:00+01:00",
      method: "POST",
      url: "/g/collect?v=2",
      headers: { Host: "a.test", "Content-Length": 3, Accept: ["a", "b"] },
      body_base64: "/wA=",
      remote_address: "203.0.113.7",
    });
    assert.ok(found.kind === "request");
    assert.equal(found.request.at, at);
    assert.deepEqual(found.request.headers, { host: "a.test", "content-length": "3", accept: "a, b" });
    assert.deepEqual(found.request.body, Buffer.from([0xff, 0]));
    const text = read({ at, url: "/", body: "ü" });
    assert.ok(text.kind === "request");
    assert.deepEqual(text.request.body, Buffer.from("ü"));
  });

  test("has a time that is the same on every machine", () => {
    const momentOf = (said: string): number | null => {
      const found = read({ at: said, url: "/" });
      return found.kind === "request" ? found.request.at : null;
    };
    const zone = process.env["TZ"];
    try {
      process.env["TZ"] = "America/New_York";
      for (const said of [
        "2026-01-01T00:00:00",
        "2026-01-01 00:00",
        "2026-01-01",
        "2025-12-31T19:00:00-05:00",
      ])
        assert.equal(momentOf(said), at, said);
    } finally {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    }
  });

  test("takes a list of cookies as one, which commas do not part", () => {
    const found = read({ at, url: "/", headers: { Cookie: ["vid=1", "sid=2"] } });
    assert.ok(found.kind === "request");
    assert.equal(found.request.headers["cookie"], "vid=1; sid=2");
  });

  const wrong: readonly (readonly [fields: unknown, sentence: RegExp])[] = [
    [[], /JSON object/],
    [{ url: "/" }, /"at"/],
    [{ at: "yesterday", url: "/" }, /"at"/],
    [{ at: 1e300, url: "/" }, /"at"/],
    [{ at: "Jan 1 2026", url: "/" }, /"at"/],
    [{ at: "+010000-01-01T00:00:00Z", url: "/" }, /"at"/],
    [{ at: Date.parse("+010000-01-01T00:00:00Z"), url: "/" }, /"at"/],
    [{ at: Date.parse("-000001-12-31T23:59:59.999Z"), url: "/" }, /"at"/],
    [{ at, url: "/", body_base64: "{not base64}" }, /"body_base64"/],
    [{ at, url: "a" }, /"url"/],
    [{ at, url: "/a b" }, /"url"/],
    [{ at, url: "/", method: "GET /" }, /"method"/],
    [{ at, url: "/", headers: { a: {} } }, /"headers"/],
    [{ at, url: "/", headers: 1 }, /"headers"/],
    [{ at, url: "/", body: {} }, /"body"/],
    [{ at, url: "/", remote_address: 1 }, /"remote_address"/],
  ];
  for (const [fields, sentence] of wrong) {
    test(`is refused in words: ${JSON.stringify(fields)}`, () => {
      const found = read(fields);
      assert.ok(found.kind === "unreadable");
      assert.match(found.reason, sentence);
    });
  }

  test("that is no JSON is refused too", () => {
    assert.equal(readRecordedRequest("{").kind, "unreadable");
  });

  test("reads back as it was written", () => {
    const always = ["at", "method", "url", "headers", "body", "remoteAddress"] as const;
    const request = fc.record(
      {
        at: fc.integer({ min: 0, max: at }),
        method: fc.constantFrom("GET", "POST"),
        url: fc.webPath().map((path) => `/${path}`),
        headers: fc.dictionary(fc.constantFrom("host", "cookie", "x-y"), fc.string(), {
          noNullPrototype: true,
        }),
        body: fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
        remoteAddress: fc.constantFrom(null, "::1"),
        takenBy: fc.nat(),
      },
      { noNullPrototype: true, requiredKeys: [...always] },
    );
    fc.assert(
      fc.property(request, (one: RecordedRequest) => {
        assert.deepEqual(readRecordedRequest(writeRecordedRequest(one)), { kind: "request", request: one });
      }),
    );
  });
});
