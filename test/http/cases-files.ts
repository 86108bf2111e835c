/** Files: validators, conditions, ranges, codings and caching fields (RFC 9110 §8, §12, §13, §14; RFC 9111). */
import { type Facts, type HttpCase, req } from "./case.ts";

export const text = "hello world, hello world, hello";
const whole = { status: [200], body: text } as const;
const earlier = "Sat, 15 Jun 2024 11:59:59 GMT";
const later = "Sat, 15 Jun 2024 12:00:01 GMT";

const get = (...fields: readonly string[]): string => req("GET /a.txt", ...fields);

type Rest = Omit<HttpCase, "rfc" | "name" | "send">;
const ask = (
  rfc: string,
  name: string,
  field: string | ((facts: Facts) => string),
  rest: Rest,
): HttpCase => ({
  rfc,
  name,
  send: typeof field === "string" ? get(field) : (facts) => get(...field(facts).split("\n")),
  ...rest,
});

const none = { status: [304], body: "", headers: { etag: /^"/, "content-length": null } } as const;
const failed = { status: [412] } as const;

const conditions: readonly HttpCase[] = [
  ask("9110 §13.1.1", "If-Match of this state", ({ etag }) => `If-Match: ${etag}`, whole),
  ask("9110 §13.1.1", "If-Match of any state", "If-Match: *", whole),
  ask("9110 §13.1.1", "If-Match of another state", 'If-Match: "x"', failed),
  ask("9110 §13.1.1", "If-Match compares strongly", ({ etag }) => `If-Match: W/${etag}`, failed),
  ask("9110 §13.1.1", "If-Match of several states", ({ etag }) => `If-Match: "x", ${etag}`, whole),
  ask("9110 §13.1.2", "If-None-Match of this state", ({ etag }) => `If-None-Match: ${etag}`, none),
  ask("9110 §13.1.2", "If-None-Match compares weakly", ({ etag }) => `If-None-Match: W/${etag}`, none),
  ask("9110 §13.1.2", "If-None-Match of any state", "If-None-Match: *", none),
  ask("9110 §13.1.2", "If-None-Match of another state", 'If-None-Match: "x"', whole),
  ask("9110 §13.1.2", "If-None-Match of several states", ({ etag }) => `If-None-Match: "x", ${etag}`, none),
  ask("9110 §13.1.3", "If-Modified-Since its time", ({ modified }) => `If-Modified-Since: ${modified}`, none),
  ask("9110 §13.1.3", "If-Modified-Since later", `If-Modified-Since: ${later}`, none),
  ask("9110 §13.1.3", "If-Modified-Since earlier", `If-Modified-Since: ${earlier}`, whole),
  ask("9110 §13.1.3", "If-Modified-Since no date", "If-Modified-Since: last week", whole),
  ask(
    "9110 §13.1.3",
    "If-Modified-Since does not count beside If-None-Match",
    `If-None-Match: "x"\nIf-Modified-Since: ${later}`.replace("\n", "\r\n"),
    whole,
  ),
  ask("5322 §3.3", "a date of RFC 850", "If-Modified-Since: Saturday, 15-Jun-24 12:00:00 GMT", none),
  ask("9110 §5.6.7", "a date of asctime", "If-Modified-Since: Sat Jun 15 12:00:00 2024", none),
  ask(
    "9110 §13.1.4",
    "If-Unmodified-Since its time",
    ({ modified }) => `If-Unmodified-Since: ${modified}`,
    whole,
  ),
  ask("9110 §13.1.4", "If-Unmodified-Since earlier", `If-Unmodified-Since: ${earlier}`, failed),
  ask(
    "9110 §13.1.4",
    "If-Unmodified-Since does not count beside If-Match",
    ({ etag }) => `If-Match: ${etag}\nIf-Unmodified-Since: ${earlier}`,
    whole,
  ),
  ask(
    "9110 §13.2.2",
    "If-Match that fails wins over If-None-Match",
    ({ etag }) => `If-Match: "x"\nIf-None-Match: ${etag}`,
    failed,
  ),
  ask("9110 §13.2.1", "conditions do not count where there is no file", "If-None-Match: *", {
    status: [304],
  }),
];

const part = (range: string, body: string): Rest => ({
  status: [206],
  headers: { "content-range": range, "content-length": String(body.length), etag: /^"/ },
  body,
});
const outside: Rest = { status: [416], headers: { "content-range": "bytes */31" } };

const ranges: readonly HttpCase[] = [
  ask("9110 §14.1.2", "the first bytes", "Range: bytes=0-4", part("bytes 0-4/31", "hello")),
  ask("9110 §14.1.2", "one byte", "Range: bytes=0-0", part("bytes 0-0/31", "h")),
  ask("9110 §14.1.2", "from the middle on", "Range: bytes=26-", part("bytes 26-30/31", "hello")),
  ask("9110 §14.1.2", "the last bytes", "Range: bytes=-5", part("bytes 26-30/31", "hello")),
  ask("9110 §14.1.2", "more last bytes than there are", "Range: bytes=-500", part("bytes 0-30/31", text)),
  ask("9110 §14.1.2", "an end past the end", "Range: bytes=26-999", part("bytes 26-30/31", "hello")),
  ask("9110 §14.1.2", "blanks in the list", "Range: bytes= 0-4", part("bytes 0-4/31", "hello")),
  ask("9110 §14.1", "the unit in capitals", "Range: BYTES=0-4", part("bytes 0-4/31", "hello")),
  ask("9110 §15.5.17", "a start past the end", "Range: bytes=31-", outside),
  ask("9110 §15.5.17", "no last bytes", "Range: bytes=-0", outside),
  ask("9110 §14.2", "an end before its start is no range", "Range: bytes=5-2", whole),
  ask("9110 §14.2", "another unit is passed over", "Range: lines=0-4", whole),
  ask("9110 §14.2", "no unit is passed over", "Range: 0-4", whole),
  ask("9110 §14.2", "letters are passed over", "Range: bytes=a-b", whole),
  ask("9110 §14.2", "an empty range is passed over", "Range: bytes=", whole),
  ask("9110 §14.6", "two parts", "Range: bytes=0-1,6-10", {
    status: [206],
    headers: { "content-type": /^multipart\/byteranges; boundary=/, "content-range": null },
    body: /Content-Range: bytes 0-1\/31\r\n\r\nhe\r\n[\s\S]*Content-Range: bytes 6-10\/31\r\n\r\nworld\r\n--\S+--/,
  }),
  ask("9110 §14.2", "parts that overlap come as one", "Range: bytes=0-3,2-4", part("bytes 0-4/31", "hello")),
  ask(
    "9110 §14.2",
    "of two parts the one that is there",
    "Range: bytes=0-4,90-99",
    part("bytes 0-4/31", "hello"),
  ),
  ask(
    "9110 §17.15",
    "a hundred parts are not worth it",
    `Range: bytes=${Array.from({ length: 100 }, () => "0-0").join(",")}`,
    whole,
  ),
  ask(
    "9110 §13.1.5",
    "If-Range of this state",
    ({ etag }) => `If-Range: ${etag}\nRange: bytes=0-4`,
    part("bytes 0-4/31", "hello"),
  ),
  ask("9110 §13.1.5", "If-Range of another state", 'If-Range: "x"\r\nRange: bytes=0-4', whole),
  ask(
    "9110 §13.1.5",
    "If-Range with a weak tag",
    ({ etag }) => `If-Range: W/${etag}\nRange: bytes=0-4`,
    whole,
  ),
  ask(
    "9110 §13.1.5",
    "If-Range with its date",
    ({ modified }) => `If-Range: ${modified}\nRange: bytes=0-4`,
    part("bytes 0-4/31", "hello"),
  ),
  ask("9110 §13.1.5", "If-Range with a later date", `If-Range: ${later}\r\nRange: bytes=0-4`, whole),
  ask(
    "9110 §13.2.2",
    "If-None-Match comes before the range",
    ({ etag }) => `If-None-Match: ${etag}\nRange: bytes=0-4`,
    none,
  ),
  {
    rfc: "9110 §14.2",
    name: "a range of HEAD is the whole",
    send: req("HEAD /a.txt", "Range: bytes=0-4"),
    heads: [0],
    status: [[200, 206]],
  },
  {
    rfc: "9110 §14.3",
    name: "ranges are said to be possible",
    send: get(),
    status: [200],
    headers: { "accept-ranges": "bytes" },
  },
];

const script = (name: string, field: string, coding: string | null): HttpCase => ({
  rfc: "9110 §12.5.3",
  name,
  send: field === "" ? req("GET /app.js") : req("GET /app.js", `Accept-Encoding: ${field}`),
  status: [200],
  headers: { "content-encoding": coding, vary: /Accept-Encoding/i, "content-type": /^text\/javascript/ },
});

const codings: readonly HttpCase[] = [
  script("without Accept-Encoding nothing is coded", "", null),
  script("gzip where it is asked for", "gzip", "gzip"),
  script("br where it is preferred", "gzip;q=0.5, br", "br"),
  script("what lies beside as .br, where all are as good", "gzip, deflate, br", "br"),
  script("gzip by its old name", "x-gzip", "gzip"),
  script("a coding of quality 0 is refused", "br;q=0, gzip", "gzip"),
  script("identity alone", "identity", null),
  script("anything, by a star", "*", "br"),
  script("codings in capitals", "GZIP", "gzip"),
  script("a coding nobody knows", "snappy", null),
  {
    rfc: "9110 §8.8.3.3",
    name: "a coded file has another tag than the plain one",
    send: ({ etag }) => req("GET /app.js", "Accept-Encoding: br", `If-None-Match: ${etag}`),
    status: [200],
    headers: { "content-encoding": "br" },
  },
  {
    rfc: "9110 §14.2",
    name: "a range of a coded file is one of the coded bytes",
    send: req("GET /app.js", "Accept-Encoding: gzip", "Range: bytes=0-1"),
    status: [206],
    headers: { "content-encoding": "gzip", "content-length": "2" },
    body: "\x1f\x8b",
  },
  {
    rfc: "9110 §8.4",
    name: "a picture is not coded once more",
    send: req("GET /dot.png", "Accept-Encoding: gzip, br"),
    status: [200],
    headers: { "content-encoding": null, "content-type": "image/png" },
  },
];

const caching: readonly HttpCase[] = [
  {
    rfc: "9110 §8.8.3",
    name: "a file has a strong tag, a date and a time of keeping",
    send: get(),
    ...whole,
    headers: {
      etag: /^"[^"]+"$/,
      "last-modified": "Sat, 15 Jun 2024 12:00:00 GMT",
      "cache-control": /max-age=\d+/,
      "x-content-type-options": "nosniff",
    },
  },
  {
    rfc: "8246 §2",
    name: "a file with a hash in its name is kept for good",
    send: req("GET /app.3f9a1c7b2e4d5f60.js"),
    status: [200],
    headers: { "cache-control": /immutable/ },
  },
  {
    rfc: "9111 §4.2.2",
    name: "404 is not kept",
    send: req("GET /nothing.txt"),
    status: [404],
    headers: { "cache-control": /no-store|no-cache/ },
  },
  {
    rfc: "9110 §15.4.5",
    name: "304 repeats what a cache must know",
    send: ({ etag }) => get(`If-None-Match: ${etag}`),
    status: [304],
    headers: { etag: /^"/, "cache-control": /max-age/, vary: /Accept-Encoding/i, date: /GMT$/ },
  },
  {
    rfc: "9110 §8.3",
    name: "a file of no known kind is plain bytes",
    send: req("GET /thing.xyzzy"),
    status: [200],
    headers: { "content-type": "application/octet-stream", "x-content-type-options": "nosniff" },
  },
  {
    rfc: "9110 §8.6",
    name: "an empty file has a length of zero",
    send: req("GET /empty.txt"),
    status: [200],
    headers: { "content-length": "0" },
    body: "",
  },
  {
    rfc: "9110 §9.3.1",
    name: "a query does not change which file is meant",
    send: req("GET /a.txt?v=1&x=../.."),
    ...whole,
  },
];

export const fileCases: readonly HttpCase[] = [...conditions, ...ranges, ...codings, ...caching];
