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
  [
    "a declaration of XML before the doctype",
    '<?xml version="1.0"?>\n<!DOCTYPE html><html><head>',
    '<?xml version="1.0"?>\n<!DOCTYPE html><html data-x-a="b"><head><script></script>',
  ],
  [
    "a declaration of XML, and no head",
    "<?xml version='1.0'?><!DOCTYPE html><p>",
    "<?xml version='1.0'?><!DOCTYPE html><script></script><p>",
  ],
  ["a question that never ends", "<?a '>x", "<?a '><script></script>x"],
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

const xmlns = 'xmlns="http://www.w3.org/1999/xhtml"';
const inXml = `<html ${xmlns} data-x-a="b">`;
const xmlDocuments: readonly (readonly [name: string, xml: string, expected: string])[] = [
  [
    "with all that may come before",
    `<?xml version="1.0"?>\n<?xml-stylesheet href="a>b"?><!-- <head> --><!DOCTYPE html><html ${xmlns}><head>`,
    `<?xml version="1.0"?>\n<?xml-stylesheet href="a>b"?><!-- <head> --><!DOCTYPE html>${inXml}<head><script></script>`,
  ],
  [
    "entities of its own",
    `<!DOCTYPE html [ <!ENTITY nbsp "&#160;"> ]><html ${xmlns}><head>`,
    `<!DOCTYPE html [ <!ENTITY nbsp "&#160;"> ]>${inXml}<head><script></script>`,
  ],
  ["an empty head", `<html ${xmlns}><head/><body>`, `${inXml}<script></script><head/><body>`],
  ["no head", `<html ${xmlns}><body>`, `${inXml}<script></script><body>`],
  ["an empty page", `<html ${xmlns}/>`, `<html ${xmlns}/>`],
  ["another root", `<svg xmlns="http://www.w3.org/2000/svg"/>`, `<svg xmlns="http://www.w3.org/2000/svg"/>`],
  ["no namespace", "<html><head>", "<html><head>"],
  ["a prefix", `<h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:head>`, null],
  ["upper case", `<HTML ${xmlns}><HEAD>`, null],
  ["nothing", "", null],
].map(([name, xml, expected]) => [name ?? "", xml ?? "", expected ?? xml ?? ""]);

for (const [name, xml, expected] of xmlDocuments) {
  test(`XHTML, ${name}: the script is in the page's own elements or nowhere, however the bytes are cut`, () => {
    for (const pieces of [[xml], [...xml]]) {
      const pass = createSplice({ ...splice, isXml: true });
      const out = pieces.map((piece) => pass.push(Buffer.from(piece)));
      assert.equal(Buffer.concat([...out, pass.end()]).toString(), expected);
    }
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

test("a page in UTF-16 that only its first bytes tell is passed on as it is", () => {
  for (const mark of [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])]) {
    const page = Buffer.concat([mark, Buffer.from("<html><head></head></html>", "utf16le")]);
    const pass = createSplice(splice);
    const out = [page.subarray(0, 1), page.subarray(1)].map((chunk) => pass.push(chunk));
    assert.deepEqual(Buffer.concat([...out, pass.end()]), page);
  }
});

test("a byte order mark that comes in pieces stays first", () => {
  const page = Buffer.from("\ufeff<p>short");
  const pass = createSplice(splice);
  const out = [...page].map((byte) => pass.push(Buffer.from([byte])));
  assert.equal(Buffer.concat([...out, pass.end()]).toString(), "\ufeff<script></script><p>short");
});
