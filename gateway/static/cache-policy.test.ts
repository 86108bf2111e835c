import assert from "node:assert/strict";
import { test } from "node:test";
import { compileGlob } from "../lib/glob.ts";
import { createCachePolicy } from "./cache-policy.ts";
import { hasHashedName } from "./hashed-name.ts";
import { mediaType } from "./mime.ts";

test("a name carries a hash if no person would have written it", () => {
  const hashed = [
    "app.3f2a9c01.js",
    "main.5c0f3a1b2d4e6f708192.chunk.css",
    "runtime~main.a1b2c3d4.js",
    "index-BxK9f2aQ.css",
    "chunk-5XQ2ZK7A.js",
    "index.7a1b2c3d.css",
    "logo-Cz_8s-4K.svg",
    "117-4e6f708192a3b4c5.js",
    "style_9f86d081884c7d65.css",
    "app.9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.js",
  ];
  const named = [
    "app.js",
    "app.min.js",
    "jquery-3.7.1.min.js",
    "report-20240115.pdf",
    "IMG_20240115.jpg",
    "photo.20240115.jpg",
    "app-settings.js",
    "bootstrap-extended.css",
    "logo-MyBrand2.png",
    "defaced.js",
    "deadbeef.txt",
    "the-facade.js",
    "3f2a9c01",
    "3f2a9c01.js",
    "README-VERSIONS.md",
    "user-Settings.js",
    ".3f2a9c01",
    "page-12345678.html",
    "",
  ];
  for (const name of hashed) assert.equal(hasHashedName(name), true, name);
  for (const name of named) assert.equal(hasHashedName(name), false, name);
});

test("a pattern names files by name, or by path", () => {
  const cases: readonly [pattern: string, path: string, fits: boolean][] = [
    ["*.css", "style.css", true],
    ["*.css", "a/b/style.css", true],
    ["*.css", "style.css.map", false],
    ["style.css", "a/style.css", true],
    ["/style.css", "style.css", true],
    ["/style.css", "a/style.css", false],
    ["/fonts/*", "fonts/a.woff2", true],
    ["fonts/*", "fonts/a.woff2", true],
    ["/fonts/*", "fonts/a/b.woff2", false],
    ["/fonts/**", "fonts/a/b.woff2", true],
    ["/fonts/**", "fontsy/a", false],
    ["/**/*.js", "app.js", true],
    ["/**/*.js", "a/b/app.js", true],
    ["*.{js,css}", "a.css", true],
    ["*.{js,css}", "a.jss", false],
    ["v?.txt", "v1.txt", true],
    ["v?.txt", "v12.txt", false],
    ["a.b", "aXb", false],
    ["a(b)+[c]", "a(b)+[c]", true],
    ["{", "{", true],
  ];
  for (const [pattern, path, fits] of cases) {
    assert.equal(compileGlob(pattern)(path.split("/")), fits, `${pattern} ${path}`);
  }
});

const policyOf = (settings: Partial<Parameters<typeof createCachePolicy>[0]>) => {
  const policy = createCachePolicy({ cacheControl: [], immutable: true, ...settings });
  return (path: string) => policy(path.split("/"), mediaType(path));
};

test("pages are asked for again, hashed names are kept for a year, other files for five minutes", () => {
  const control = policyOf({});
  assert.equal(control("index.html"), "no-cache");
  assert.equal(control("page.3f2a9c01.html"), "no-cache");
  assert.equal(control("assets/app.3f2a9c01.js"), "public, max-age=31536000, immutable");
  assert.equal(control("app.js"), "public, max-age=300");
  assert.equal(policyOf({ immutable: false })("app.3f2a9c01.js"), "public, max-age=300");
});

test("the first rule that fits wins over all of that", () => {
  const control = policyOf({
    cacheControl: [
      { files: "/news/**", value: "public, max-age=60" },
      { files: "*.html", value: "no-store" },
      { files: "*.js", value: "max-age=1" },
    ],
  });
  assert.equal(control("news/index.html"), "public, max-age=60");
  assert.equal(control("index.html"), "no-store");
  assert.equal(control("app.3f2a9c01.js"), "max-age=1");
  assert.equal(control("style.css"), "public, max-age=300");
});
