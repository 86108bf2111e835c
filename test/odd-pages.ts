/** A site whose server sends HTML in every way that servers do; each path is one of them. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";

/** What each path sends as its body. */
export const pages: Readonly<Record<string, string>> = {
  "/plain": "<!doctype html><html lang=en><head><title>Plain</title></head><body>plain</body></html>",
  "/no-head": "<!doctype html><html><body>no head</body></html>",
  "/no-tags": "<!doctype html><p>neither html nor head",
  "/bare": "just words",
  "/comment":
    "<!-- <head> in a comment --><!doctype html><html class='a>b'><!-- and > here --><head><title>x</title></head></html>",
  "/upper": "<!DOCTYPE HTML>\r\n<HTML LANG=EN>\r\n<HEAD>\r\n<TITLE>x</TITLE></HEAD></HTML>",
  "/header-tag": "<!doctype html><html><header>no head, but a header</header></html>",
  "/bom": "\ufeff<!doctype html><html><head></head></html>",
  "/late-head": `<!doctype html><html>${" ".repeat(100_000)}<head></head></html>`,
  "/gzip": "<!doctype html><html><head></head><body>compressed all the same</body></html>",
  "/drip":
    "<!doctype html><html lang='de'><head><title>Tröpfchen €</title></head><body>byte by byte</body></html>",
  "/nonce": "<!doctype html><html><head></head></html>",
  "/nonce-twice": "<!doctype html><html><head></head></html>",
  "/missing": "<!doctype html><html><head></head><body>no such page</body></html>",
  "/moved": "<!doctype html><html><head></head><body>moved</body></html>",
  "/broken": "<!doctype html><html><head></head><body>broken</body></html>",
  "/login": "<!doctype html><html><head></head><body>login</body></html>",
  "/data": '{"html":"<html><head></head></html>"}',
  "/image": "<html><head></head></html>",
  "/utf16": "<html><head></head></html>",
  "/strict": "<!doctype html><html><head></head><body>nobody keeps it, nobody changes it</body></html>",
  "/download": "<!doctype html><html><head></head><body>a report to keep</body></html>",
  "/edge": "<!doctype html><html><head></head><body>kept by the cache in front</body></html>",
};

const statuses: Readonly<Record<string, number>> = { "/missing": 404, "/moved": 302, "/broken": 500 };
const types: Readonly<Record<string, string>> = {
  "/data": "application/json",
  "/image": "image/svg+xml",
  "/utf16": "text/html; charset=utf-16le",
};
const headers: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>> = {
  "/moved": { location: "/plain" },
  "/login": { "set-cookie": ["sid=of-the-site; Path=/; HttpOnly", "theme=dark"] },
  "/nonce": { "content-security-policy": "script-src 'nonce-r4nd0m=='; object-src 'none'" },
  "/nonce-twice": { "content-security-policy": ["object-src 'none'", "script-src 'nonce-s3c0nd'"] },
  "/gzip": { "content-encoding": "gzip" },
  "/strict": {
    "cache-control": "max-age=0, no-store, no-transform",
    "content-encoding": "identity",
    "content-digest": "sha-256=:AAAA:",
    "content-md5": "AAAA",
  },
  "/download": { "content-disposition": 'attachment; filename="report.html"' },
  "/edge": { "cache-control": "max-age=0", "cdn-cache-control": "max-age=600" },
};

/** Answers as the site. */
export const answerOddly = (req: IncomingMessage, res: ServerResponse): void => {
  const path = (req.url ?? "/").split("?", 1)[0] ?? "/";
  const page = pages[path] ?? pages["/plain"] ?? "";
  res.statusCode = statuses[path] ?? 200;
  res.setHeader("content-type", types[path] ?? "text/html; charset=utf-8");
  for (const [name, value] of Object.entries(headers[path] ?? {})) res.setHeader(name, value);
  if (path === "/drip" && req.method === "GET") drip(res, Buffer.from(page));
  else res.end(path === "/gzip" ? gzipSync(page) : page);
};

/** One chunk a byte, each in its own turn of the event loop. */
const drip = (res: ServerResponse, bytes: Buffer, at = 0): void => {
  if (at === bytes.length) return void res.end();
  res.write(bytes.subarray(at, at + 1));
  setImmediate(() => drip(res, bytes, at + 1));
};
