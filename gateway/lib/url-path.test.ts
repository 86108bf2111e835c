import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { normalPath, normalWrittenPath, pathsBelow } from "./url-path.ts";

test("a path is written in one way, and what could mean something else is left alone", () => {
  const cases: readonly [path: string, normal: string][] = [
    ["/a/b", "/a/b"],
    ["/%61dmin", "/admin"],
    ["/%7Eann/%2D%5F%2E", "/~ann/-_."],
    ["/a%2fb", "/a%2Fb"],
    ["/%c3%bc%3a%3B", "/%C3%BC%3A%3B"],
    ["/%2561", "/%2561"],
    ["/%zz%6", "/%zz%6"],
    ["/%25%36%31", "/%2561"],
    ["/100%", "/100%"],
    ["/%%61a/%6%31/%61", "/%%61a/%6%31/a"],
  ];
  for (const [path, normal] of cases) assert.equal(normalPath(path), normal, path);
  assert.equal(normalWrittenPath("/Grüße an/~x"), "/Gr%C3%BC%C3%9Fe%20an/~x");
});

test("what a path is written as anew is written so already, and stands for the same bytes", () => {
  const piece = fc.constantFrom(
    "/",
    "a",
    "6",
    "%61",
    "%2F",
    "%2f",
    "%25",
    "%",
    "%C3%BC",
    "%c3",
    ".",
    "%2E",
    "~",
  );
  const property = fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
    const normal = normalPath(pieces.join(""));
    assert.equal(normalPath(normal), normal);
    assert.equal(latin1(normal), latin1(pieces.join("")));
  });
  fc.assert(property, { numRuns: 1000 });
});

const latin1 = (path: string): string =>
  path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

test("what lies below a path is as it was written, whatever way the path itself was", () => {
  const cases: readonly [base: string, path: string, below: string | null][] = [
    ["/api/", "/api/a", "/a"],
    ["/api", "/api/%61", "/%61"],
    ["/api/", "/%61pi/%61", "/%61"],
    ["/api/", "/api", ""],
    ["/api/", "/api/", "/"],
    ["/api/", "/apix/a", null],
    ["/api/", "/ap", null],
    ["/api/v1/", "/api/%76%31/x/y", "/x/y"],
    ["/api/v1/", "/api", null],
    ["/ü b/", "/%C3%BC%20b/x", "/x"],
    ["/ü b/", "/%c3%bc%20b", ""],
    ["/a%2Fb/", "/a%2fb/x", "/x"],
    ["/a/b/", "/a%2Fb/x", null],
    ["/", "/x", "/x"],
    ["/", "/%zz", "/%zz"],
    ["/a/", "/%zz/a", null],
  ];
  for (const [base, path, below] of cases) assert.equal(pathsBelow(base)(path), below, `${base} ${path}`);
});
