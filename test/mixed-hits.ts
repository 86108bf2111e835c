/**
 * Recorded hits as a site sees them, made of a seed: the native protocol, GA4's tag and servers, batches, payments,
 * what cannot be read; late, out of order, sent again, with people who log in on a second device.
 */
import { writeRecordedRequest } from "../gateway/model/recorded-request.ts";
import { personAgents } from "./person-agents.ts";

/** The settings that take all of them. */
export const mixedSettings = {
  sites: [
    {
      id: "main",
      hosts: ["*"],
      protocols: ["native", "ga4", "d8a"],
      measurementIds: ["G-*"],
      writeKeys: ["a-write-key-of-the-tests"],
      identity: { allowWithoutOrigin: true },
      currencyRates: { EUR: 1.08 },
    },
  ],
};

/** Lines for `turnpike replay`, the same for the same seed. */
export function* mixedHits(count: number, seed = 1): Generator<string> {
  const random = randomFrom(seed);
  const make = hitMaker(random, Math.max(10, Math.floor(count / 15)));
  const held: string[] = [];
  let recent: string[] = [];
  for (let sent = 0; sent < count; sent++) {
    const again = recent.length > 0 && random(20) === 0;
    const line = again ? (recent[random(recent.length)] ?? "") : make();
    if (!again) recent = [...recent.slice(-40), line];
    // A few wait, and arrive behind those that were sent after them.
    if (random(50) === 0) held.push(line);
    else yield line;
    if (held.length > 20 || (held.length > 0 && random(30) === 0)) yield held.shift() ?? "";
  }
  yield* held;
}

type Random = (below: number) => number;

/** Mulberry32: small, and the same everywhere. */
export const randomFrom = (seed: number): Random => {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
};

interface Visitor {
  readonly id: string;
  readonly ga: string;
  readonly user: string | null;
  readonly agent: string;
  readonly address: string;
}

interface Moment {
  readonly at: number;
  readonly visitor: Visitor;
}

const begin = Date.UTC(2026, 0, 1);
const minuteMs = 60_000;

const hitMaker = (random: Random, visitors: number): (() => string) => {
  const ids = idMaker(random);
  const kinds = kindsOf(random, ids);
  let at = begin;
  let turn = 0;
  return () => {
    at += random(2000);
    turn++;
    const isLately = random(10) < 8;
    const no = isLately ? Math.floor(turn / 12) + random(Math.min(visitors, 300)) : random(visitors);
    const moment = { at, visitor: visitorOf(no % visitors) };
    let draw = random(100);
    for (const [share, make] of kinds) {
      if (draw < share) return writeRecordedRequest(recordOf(moment, make(moment))).trimEnd();
      draw -= share;
    }
    throw new Error("the shares are no hundred");
  };
};

/** Every third visitor logs in; two of them are one person's devices. */
const visitorOf = (no: number): Visitor => ({
  id: `0190a5b2-0000-7000-8000-${no.toString(16).padStart(12, "0")}`,
  ga: `${1_000_000 + no * 7919}.${1_760_000_000 + no}`,
  user: no % 3 === 0 ? `user-${Math.floor(no / 6)}` : null,
  agent: personAgents[no % personAgents.length] ?? "",
  address: `203.0.${no % 200}.${(no * 7) % 250}`,
});

interface Sent {
  readonly method?: string;
  readonly url: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const recordOf = ({ at, visitor }: Moment, { method = "POST", url, body = "", headers = {} }: Sent) => ({
  at,
  method,
  url,
  headers: {
    host: "shop.test",
    "user-agent": visitor.agent,
    "accept-language": "de-DE,de;q=0.9",
    ...headers,
  },
  body: Buffer.from(body),
  remoteAddress: visitor.address,
});

type Kind = readonly [share: number, make: (moment: Moment) => Sent];

const key = { authorization: "Bearer a-write-key-of-the-tests" };

const kindsOf = (random: Random, ids: Ids): readonly Kind[] => {
  const native = (moment: Moment) => nativeEvent(random, ids, moment);
  const many = <T>(make: () => T): T[] => Array.from({ length: 2 + random(6) }, make);
  return [
    [42, (m) => ({ url: "/tr/v1/", body: JSON.stringify(native(m)) })],
    [5, (m) => ({ url: "/tr/v1/", body: JSON.stringify(many(() => native(m))) })],
    [2, (m) => ({ url: "/tr/v1/", body: many(() => JSON.stringify(native(m))).join("\n") })],
    [3, (m) => ({ method: "GET", url: `/tr/v1/?ename=seen&vid=${m.visitor.id}&score=${random(9)}` })],
    [2, (m) => ({ method: "GET", url: `/img/v1/ename/opened/vid/${m.visitor.id}/aff/mail-${random(5)}` })],
    [16, (m) => ({ method: "GET", url: `/g/collect?v=2&tid=G-SHOP&${gaFields(random, m)}` })],
    [9, (m) => ({ url: `/g/collect?v=2&tid=G-SHOP&${gaShared(random, m)}`, body: gaLines(random) })],
    [3, (m) => ({ url: `/d/c?v=2&tid=G-SHOP&${gaFields(random, m)}` })],
    [8, (m) => measurement(random, m)],
    [4, (m) => ({ url: "/str/v1/", headers: key, body: JSON.stringify({ etyp: "log", ...native(m) }) })],
    [2, (m) => ({ url: "/tlv/v1/", headers: key, body: JSON.stringify(payment(random, m)) })],
    [1, () => ({ url: "/tr/v1/", body: `{"ename":"cut${random(99)}` })],
    [1, (m) => ({ url: "/g/collect?v=2&tid=X-OTHER&cid=1.1&en=x", body: `${m.at}` })],
    [
      2,
      (m) => ({ url: "/tr/v1/", body: JSON.stringify({ ...native(m), eid: undefined, created: undefined }) }),
    ],
  ];
};

type Ids = (at: number) => { readonly eid?: string; readonly created?: number };

/** A third of the ids carry no time, a tenth of the events no id; some were sent long after they happened. */
const idMaker = (random: Random): Ids => {
  const hex = (digits: number) =>
    random(16 ** Math.min(digits, 12))
      .toString(16)
      .padStart(digits, "0");
  return (at) => {
    const draw = random(10);
    const happened = random(20) === 0 ? at - random(6 * 60) * minuteMs : at;
    if (draw === 0) return { created: happened };
    if (draw <= 3) return { eid: `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}` };
    const time = happened.toString(16).padStart(12, "0");
    return {
      eid: `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-8${hex(3)}-${hex(12)}`,
      created: happened,
    };
  };
};

const pageOf = (random: Random): string => {
  const campaign = random(15) === 0 ? `?utm_source=news&utm_medium=email&utm_campaign=c${random(4)}` : "";
  return `https://shop.test/p/${random(200)}${campaign}`;
};

const referrers = ["https://www.google.com/", "https://t.co/k3jf", "https://shop.test/", "", ""] as const;

const nativeEvent = (random: Random, ids: Ids, { at, visitor }: Moment) => {
  const { id: vid, user } = visitor;
  const page = { vid, url: pageOf(random), last: referrers[random(referrers.length)], ...ids(at) };
  const draw = random(50);
  if (draw === 0)
    return { ...page, ename: "purchase", type: "outcome", value: random(9000) / 100, currency: "EUR" };
  if (draw < 4 && user) return { ...page, ename: "login", type: "identify", uid: user };
  if (draw < 8) return { ...page, ename: "click", params: { target: `b${random(9)}`, depth: random(100) } };
  if (draw === 8) return { ...page, ename: "invited", rcode: `user-${random(40)}` };
  return {
    ...page,
    ename: "page_view",
    type: "page",
    title: `Page ${random(200)}`,
    w: 1280,
    h: 720,
    tz: "Europe/Berlin",
  };
};

const gaShared = (random: Random, { at, visitor }: Moment): string => {
  const params = new URLSearchParams({
    cid: visitor.ga,
    sid: String(Math.floor(at / 1_800_000)),
    sct: "1",
    ul: "de-de",
  });
  params.set("dl", pageOf(random));
  if (random(3) > 0) {
    params.set("_p", String(at - random(60_000)));
    params.set("_s", String(1 + random(9)));
  }
  if (visitor.user && random(12) === 0) params.set("uid", visitor.user);
  return params.toString();
};

const gaFields = (random: Random, moment: Moment): string =>
  `${gaShared(random, moment)}&en=${random(4) ? "page_view" : "scroll"}&_et=${random(5000)}&ep.section=s${random(7)}`;

const gaLines = (random: Random): string =>
  Array.from({ length: 1 + random(4) }, (_, i) => {
    if (random(8) > 0) return `en=view_item&_et=${random(900)}&epn.percent=${random(100)}&ep.no=${i}`;
    return `en=purchase&cu=EUR&epn.value=${random(500)}.5&ep.transaction_id=t${random(1e6)}&pr1=idSKU${random(50)}~pr9.5~qt${1 + random(3)}`;
  }).join("\r\n");

const measurement = (random: Random, { at, visitor }: Moment): Sent => ({
  url: "/mp/collect?measurement_id=G-SHOP&api_secret=a-write-key-of-the-tests",
  body: JSON.stringify({
    client_id: visitor.ga,
    ...(visitor.user && random(4) === 0 ? { user_id: visitor.user } : {}),
    ...(random(2) ? { timestamp_micros: (at - random(3600) * 1000) * 1000 } : {}),
    events: Array.from({ length: 1 + random(3) }, (_, i) => ({
      name: random(2) ? "refund" : "sign_up",
      params: {
        value: random(100),
        currency: "EUR",
        place: i,
        session_id: String(Math.floor(at / 1_800_000)),
      },
    })),
  }),
});

const payment = (random: Random, { at, visitor }: Moment) => ({
  vid: visitor.id,
  uid: visitor.user ?? undefined,
  invid: `inv-${random(5000)}`,
  invoiced_at: new Date(at).toISOString(),
  currency: "EUR",
  payments: [{ product: `p${random(20)}`, qty: 1 + random(3), price: random(100), revenue: random(200) }],
});
