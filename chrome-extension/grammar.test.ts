import assert from "node:assert/strict";
import { test } from "node:test";
import { type LinkFields, parameters, parseAddress, type TagName, trackedLink } from "./grammar.ts";

const fields = (change: Partial<LinkFields>): LinkFields => ({
  url: "https://shop.example/pricing",
  kind: "internal",
  tracker: "t.example.com",
  plain: false,
  tags: {},
  ...change,
});
const author = "14fb0860-b4bf-11e9-8971-7b80435315ac";

const links: [name: string, change: Partial<LinkFields>, link: string][] = [
  ["no tags", {}, "https://shop.example/pricing?gu=1"],
  ["a bare host", { url: "shop.example" }, "https://shop.example/?gu=1"],
  ["a host with a port", { url: "shop.example:8443/a" }, "https://shop.example:8443/a?gu=1"],
  ["this machine, which has no certificate", { url: "localhost:8080/a" }, "http://localhost:8080/a?gu=1"],
  ["an address of IPv4", { url: "192.168.1.1" }, "http://192.168.1.1/?gu=1"],
  ["an address of IPv6", { url: "[::1]:8080/a" }, "http://[::1]:8080/a?gu=1"],
  [
    "a name of other letters",
    { url: "https://münchen.example/straße?größe=groß" },
    "https://xn--mnchen-3ya.example/stra%C3%9Fe?gr%C3%B6%C3%9Fe=gro%C3%9F&gu=1",
  ],
  ["an empty query and an empty fragment", { url: "https://shop.example/?#" }, "https://shop.example/?gu=1#"],
  [
    "a route of the page behind the #",
    { url: "https://shop.example/#/a?utm_source=x" },
    "https://shop.example/?gu=1#/a?utm_source=x",
  ],
  [
    "a name that is written in escapes is the same name",
    { url: "https://shop.example/?utm%5Fsource=old&%zz=1", tags: { utm_source: "new" } },
    "https://shop.example/?%zz=1&gu=1&utm_source=new",
  ],
  [
    "what servers of other sites wrote into the query stays as it is",
    { url: "https://shop.example/?a&b=&=c&&q=a+b%20%E4&u=https%3A%2F%2Fx.example%2F%3Fa%3D1" },
    "https://shop.example/?a&b=&=c&q=a+b%20%E4&u=https%3A%2F%2Fx.example%2F%3Fa%3D1&gu=1",
  ],
  ["an http address", { url: " http://shop.example/a " }, "http://shop.example/a?gu=1"],
  [
    "an internal link carries its tags",
    { tags: { utm_source: "newsletter", utm_campaign: "spring" } },
    "https://shop.example/pricing?gu=1&utm_source=newsletter&utm_campaign=spring",
  ],
  [
    "values: spaces, signs and capitals",
    { tags: { utm_source: " News  Letter ", utm_medium: "E-Mail!", utm_campaign: "50% Öff_1", aff: "  " } },
    "https://shop.example/pricing?gu=1&utm_source=news_letter&utm_medium=email&utm_campaign=50_ff_1",
  ],
  [
    "experiments keep the key they are known by",
    { tags: { xid: "pricing-Headline", ver: "b" } },
    "https://shop.example/pricing?gu=1&xid=pricing-Headline&ver=b",
  ],
  [
    "an existing query and fragment stay",
    { url: "https://shop.example/p?size=L&q=a%20b#top?x", tags: { utm_source: "x" } },
    "https://shop.example/p?size=L&q=a%20b&gu=1&utm_source=x#top?x",
  ],
  [
    "tagging twice is tagging once",
    { url: "https://shop.example/?gu=1&utm_source=old&utm_term=kept#f", tags: { utm_source: "new" } },
    "https://shop.example/?utm_term=kept&gu=1&utm_source=new#f",
  ],
  [
    "external: the address inside carries the tags too",
    { kind: "external", url: "https://other.example/a?b=1#c", tags: { utm_source: "x" } },
    `https://t.example.com/rdr/v1/?gu=1&utm_source=x&url=${encodeURIComponent("https://other.example/a?b=1&gu=1&utm_source=x#c")}`,
  ],
  [
    "external, and the address inside stays plain",
    { kind: "external", plain: true, url: "https://other.example/a", tags: { utm_source: "x" } },
    `https://t.example.com/rdr/v1/?gu=1&utm_source=x&url=${encodeURIComponent("https://other.example/a")}`,
  ],
  [
    "a pixel names its page",
    { kind: "pixel", tracker: "http://localhost:8080/", tags: { aff: "bob" } },
    `http://localhost:8080/img/v1/?gu=1&aff=bob&url=${encodeURIComponent("https://shop.example/pricing")}`,
  ],
];

for (const [name, change, link] of links) {
  test(`link: ${name}`, () => assert.deepEqual(trackedLink(fields(change)), { kind: "link", link }));
}

test("the parameters stand in the order that old links have", () => {
  const tags = Object.fromEntries(parameters.map(({ name }) => [name, "1"]));
  const made = trackedLink(fields({ tags: { ...tags, auth: author } }));
  assert.deepEqual(made, {
    kind: "link",
    link: `https://shop.example/pricing?gu=1&ptyp=1&utm_source=1&utm_medium=1&utm_campaign=1&utm_term=1&aff=1&sink=1&score=1&xid=1&ver=1&auth=${author}&utm_content=1&etyp=1&ref=1&uname=1`,
  });
});

const mistakes: [change: Partial<LinkFields>, field: "url" | "tracker" | TagName, start: string][] = [
  [{ url: "  " }, "url", "URL required"],
  [{ url: "not an address" }, "url", "Bad URL"],
  [{ url: "word" }, "url", "Bad URL"],
  [{ url: "javascript:alert(1)" }, "url", "Bad URL"],
  [{ url: "chrome://extensions" }, "url", "Bad URL"],
  [{ url: "https://" }, "url", "Bad URL"],
  [{ url: "chrome://extensions" }, "url", "Bad URL: chrome: leads to no page of the web"],
  [{ url: "file:///etc/passwd" }, "url", "Bad URL: file: leads to no page"],
  [{ url: "data:text/html,hi" }, "url", "Bad URL: data: leads to no page"],
  [{ url: "blob:https://x.example/1" }, "url", "Bad URL: blob: leads to no page"],
  [{ url: "view-source:https://shop.example/" }, "url", "Bad URL: view-source: leads to no page"],
  [{ url: "wss://shop.example/" }, "url", "Bad URL: wss: leads to no page"],
  [{ url: "about:blank" }, "url", "Bad URL: about: leads to no page"],
  [{ url: "//shop.example/" }, "url", "Bad URL: expected one such as"],
  [{ url: "https://shop.example/a b" }, "url", "Bad URL: expected one such as"],
  [{ url: "https://shop..example/" }, "url", "Bad URL: expected one such as"],
  [{ url: "https://shop.example:99999/" }, "url", "Bad URL: expected one such as"],
  [{ url: "https://ann:secret@shop.example/" }, "url", "Bad URL: it holds a user name or password"],
  [{ url: "https://ann@shop.example/", kind: "external" }, "url", "Bad URL: it holds a user name"],
  [
    { url: `https://shop.example/${"p".repeat(8000)}` },
    "url",
    "Bad URL: the link would have 8026 characters",
  ],
  [{ kind: "external", tracker: "" }, "tracker", "Tracker required"],
  [{ kind: "pixel", tracker: "no host" }, "tracker", "Bad tracker"],
  [{ tags: { auth: "bob" } }, "auth", "Bad author ID"],
  [{ tags: { score: "many" } }, "score", "Bad score"],
  [{ tags: { utm_source: "Новости" } }, "utm_source", 'Bad value: nothing is left of "Новости"'],
  [{ tags: { utm_medium: "e-mail", utm_campaign: "日本 語" } }, "utm_campaign", "Bad value"],
  [{ tags: { xid: "--" } }, "xid", "Bad value"],
];

test("a mistake is named with its field, in a sentence", () => {
  for (const [change, field, start] of mistakes) {
    const made = trackedLink(fields(change));
    assert.ok(made.kind === "mistake", start);
    assert.equal(made.field, field);
    assert.ok(made.sentence.startsWith(start) && made.sentence.endsWith("."), made.sentence);
  }
});

test("a selected text counts as an address only if it is one", () => {
  for (const text of ["shop.example/a", "https://a.b", "localhost:8080"]) assert.ok(parseAddress(text), text);
  for (const text of ["hello", "see shop.example", "mailto:a@b.example", "a@b.example", ""]) {
    assert.equal(parseAddress(text), null, text);
  }
});
