import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createSplice } from "./splice.ts";

const splice = { attributes: ' data-x-a="b"', head: "<script></script>" };

const run = (chunks: readonly string[]): string => {
  const pass = createSplice(splice);
  const out = chunks.map((chunk) => pass.push(Buffer.from(chunk)));
  return Buffer.concat([...out, pass.end()]).toString();
};

const documents: readonly (readonly [name: string, html: string, expected: string])[] = [
  [
    "an ordinary one",
    "<!doctype html><html><head><title>",
    '<!doctype html><html data-x-a="b"><head><script></script><title>',
  ],
  [
    "attributes with > in quotes",
    '<html lang="a>b"><head>',
    '<html lang="a>b" data-x-a="b"><head><script></script>',
  ],
  ["upper case", "<HTML><HEAD>", '<HTML data-x-a="b"><HEAD><script></script>'],
  [
    "a comment that holds a head",
    "<!-- <html><head> --><html><head>",
    '<!-- <html><head> --><html data-x-a="b"><head><script></script>',
  ],
  [
    "a comment between",
    "<html><!-- <head> --><head>",
    '<html data-x-a="b"><!-- <head> --><head><script></script>',
  ],
  ["no head", "<html><body>x", '<html data-x-a="b"><script></script><body>x'],
  ["<header> is no head", "<html><header>", '<html data-x-a="b"><script></script><header>'],
  ["no html tag", "<!doctype html><title>x", "<!doctype html><script></script><title>x"],
  ["text alone", "hello", "<script></script>hello"],
  ["empty", "", "<script></script>"],
  ["a byte order mark", "\ufeff<html><head>", '\ufeff<html data-x-a="b"><head><script></script>'],
];

for (const [name, html, expected] of documents) {
  test(`${name}: the script comes first in the head, the variant on html, however the bytes are cut`, () => {
    assert.equal(run([html]), expected);
    assert.equal(run([...html]), expected);
  });
}

test("any bytes in any pieces come out whole around what was put in", () => {
  const bits = fc.constantFrom(
    "<html",
    "<head",
    ">",
    "<!--",
    "-->",
    '"',
    "'",
    " a=",
    "<p>",
    "x",
    "<!doctype html>",
    "<",
  );
  fc.assert(
    fc.property(fc.array(bits, { maxLength: 30 }), fc.array(fc.nat(40), { maxLength: 6 }), (parts, cuts) => {
      const html = parts.join("");
      const at = [0, ...cuts.map((cut) => cut % (html.length + 1)).sort((a, b) => a - b), html.length];
      const pieces = at.slice(1).map((end, i) => html.slice(at[i], end));
      const out = run(pieces);
      assert.equal(out.replace(splice.head, "").replace(splice.attributes, ""), html);
      assert.equal(out, run([html]));
    }),
  );
});

test("a page that names a base gets the tag for that", () => {
  const tags = { ...splice, headWithBase: "<script based></script>" };
  const spliced = (html: string) => {
    const pass = createSplice(tags);
    return Buffer.concat([pass.push(Buffer.from(html)), pass.end()]).toString();
  };
  for (const base of ['<base href="https://cdn.example/">', "<BASE\nhref=/a/>"]) {
    assert.match(spliced(`<html><head><title>x</title>${base}`), /<head><script based>/);
    assert.match(spliced(`<title>x</title>${base}`), /^<script based>/);
  }
  assert.match(spliced("<html><head><basefont><p>base </p>"), /<head><script><\/script>/);
});

test("a document without a head holds back at most 64 KiB", () => {
  const pass = createSplice(splice);
  const filler = Buffer.from(`<!--${"x".repeat(70_000)}`);
  assert.ok(pass.push(filler).length >= filler.length);
});
