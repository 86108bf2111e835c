import assert from "node:assert/strict";
import { test } from "node:test";
import { newId } from "../model/ids.ts";
import { createShareCodes } from "./share-code.ts";

const codes = createShareCodes(Buffer.alloc(32, 1));

test("a code leads back to its visitor, on its own site and with its own key alone", () => {
  for (const id of [newId(), "1234567890.1700000000", "x", "y".repeat(128)]) {
    const code = codes.codeOf("main", id);
    assert.match(code, /^[\w-]+$/);
    assert.equal(codes.visitorOf("main", code), id);
    assert.equal(codes.visitorOf("main", code), id, "remembered");
    assert.equal(codes.visitorOf("blog", code), null);
    assert.equal(createShareCodes(Buffer.alloc(32, 2)).visitorOf("main", code), null);
  }
});

test("a visitor has one code, which shows nothing of the id, not even that two began at the same time", () => {
  const [id, other] = [newId(), newId()];
  const [code, second] = [codes.codeOf("main", id), codes.codeOf("main", other)];
  assert.equal(codes.codeOf("main", id), code);
  assert.equal(code.length, 35);
  const bytes = Buffer.from(code, "base64url").toString("hex");
  for (const part of id.split("-").filter(({ length }) => length > 4)) assert.ok(!bytes.includes(part));
  assert.notEqual(code.slice(0, 4), second.slice(0, 4));
});

test("what is no code is nobody's: other words, cut or changed codes", () => {
  const code = codes.codeOf("main", newId());
  const changed = Array.from(code, (c, i) => code.slice(0, i) + (c === "A" ? "B" : "A") + code.slice(i + 1));
  const words = [
    "",
    "partner",
    "summer-sale-2026-newsletter",
    newId(),
    "x".repeat(5000),
    "%",
    "🦊".repeat(20),
  ];
  for (const text of [...changed.slice(0, -1), ...words, code.slice(0, -2), `${code}AAAA`]) {
    assert.equal(codes.visitorOf("main", text), null, text);
  }
});
