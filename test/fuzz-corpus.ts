/** Requests that every endpoint takes, from which hostile ones are made. */

export interface Asking {
  readonly method: string;
  /** latin-1, so that any byte can stand in it */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export const writeKey = "a-write-key-of-the-tests";

export const fuzzSettings = {
  sites: [
    {
      id: "main",
      hosts: ["localhost", "127.0.0.1"],
      protocols: ["native", "ga4", "d8a"],
      measurementIds: ["G-*", "1:*"],
      writeKeys: [writeKey],
      identity: { allowWithoutOrigin: true },
      sessions: { joinByStamp: true },
      legacyHashes: true,
      currencyRates: { EUR: 1.08 },
      filters: {
        conditions: [
          {
            name: "seen",
            type: "test",
            expression: `page_path contains "x" || inCidr(ip_address, "10.0.0.0/8")`,
          },
        ],
      },
    },
  ],
  experiments: [
    {
      key: "headline",
      variants: [{ key: "control" }, { key: "b" }],
      goals: [{ key: "purchase", event: "purchase" }],
    },
  ],
  tracking: {
    legacyPaths: ["/str/v1/", "/img/v1/", "/ppi/v1/", "/tlv/v1/", "/ping", "/status", "/clear"],
  },
  routes: [],
  limits: { requests: 1_000_000_000, addresses: 1000 },
};

const key = { authorization: `Bearer ${writeKey}` };

const asking = (
  method: string,
  path: string,
  body: unknown = "",
  headers: Asking["headers"] = {},
): Asking => ({
  method,
  path,
  headers,
  body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
});

const page = {
  eid: "0190a5b2-0000-7000-8000-0000000000aa",
  created: 1_720_000_000_000,
  ename: "page_view",
  type: "page",
  vid: "0190a5b2-0000-7000-8000-00000000beef",
  sid: "14fb0860-b4bf-11e9-8971-7b80435315ac",
  uid: "ada",
  url: "https://shop.test/p/1?utm_source=news&gclid=x#top",
  last: "https://www.google.com/search?q=shoes",
  title: "Schuhe · Shop",
  email: "ada@shop.example",
  tz: "Europe/Berlin",
  w: 1280,
  h: 720,
  score: 6.5,
  value: 9.99,
  currency: "EUR",
  ref: "0190a5b2-0000-7000-8000-00000000feed",
  rcode: "friend",
  lat: 37.2,
  lon: "6.3",
  first: "true",
  params: { type: "a", deep: { list: [1, "b", null] } },
};

const tag =
  "v=2&tid=G-SHOP&cid=12.34&sid=1720000000&sct=3&seg=1&_p=1720000000000&_s=4&dl=https%3A%2F%2Fshop.test%2Fp";
const tagMore =
  "&dr=https%3A%2F%2Fgoogle.com&dt=Shop&ul=de-de&sr=1280x720&_et=1200&gcs=G111&gcd=13r3q2t2l1&npa=0&ir=0&fss=x&uid=ada" +
  "&uap=Windows&uapv=15.0.0&uafvl=Google%2520Chrome%3B124.0.1%7CNot.A%252FBrand%3B8&uam=&uamb=0&cs=a&cm=b&cn=c&_uip=10.0.0.1" +
  "&up.plan=gold&upn.age=4&ep.section=s&epn.value=4.5&pr1=idSKU~nmShoe~pr9.5~qt2~caA~k0color~v0red&cu=EUR";

const measured = {
  client_id: "12.34",
  user_id: "ada",
  timestamp_micros: 1_720_000_000_000_000,
  user_properties: { plan: { value: "gold" } },
  consent: { ad_user_data: "GRANTED", ad_personalization: "DENIED" },
  device: { category: "mobile", language: "de", model: "Pixel 9", browser: "Chrome" },
  user_location: { city: "Berlin", country_id: "DE" },
  ip_override: "203.0.113.9",
  user_agent: "Mozilla/5.0",
  events: [
    {
      name: "purchase",
      params: { value: 3, currency: "EUR", transaction_id: "t", items: [{ item_id: "a", price: 2 }] },
    },
    {
      name: "page_view",
      timestamp_micros: "1720000000000000",
      params: { page_location: "https://shop.test/" },
    },
  ],
};

const payment = {
  vid: page.vid,
  invid: "1A2B3C4D-0000-4000-8000-000000000001",
  invoiced_at: "2026-01-01T00:00:00Z",
  currency: "EUR",
  payments: [{ product: "p1", qty: 2, price: 3, revenue: 6, tax: "1.1", discount: -1 }],
};

const agreement = {
  vid: page.vid,
  cflags: 17,
  tz: "Europe/Berlin",
  lat: 1,
  lon: 2,
  params: { rules: ["a"] },
};

export const corpus: readonly [Asking, ...Asking[]] = [
  asking("POST", "/tr/v1/", page),
  asking("POST", "/tr/v1/tr/", [page, { ...page, ename: "click" }, { ename: "log", type: "log" }]),
  asking("POST", "/tr/v1/", `${JSON.stringify(page)}\n${JSON.stringify({ ename: "second" })}`),
  asking("POST", "/tr/v1/", { sent: 1_720_000_000_000, events: [page, page] }),
  asking("GET", "/tr/v1/vid/14fb0860-b4bf-11e9-8971-7b80435315ac/ROCK/ON/lat/37.2/first/true/score/6"),
  asking("GET", "/tr/v1/?utm_source=FB&A=1&A=2&ehash=Xy&ename=seen&url=https%3A%2F%2Fa.b%2F%3Fx%3D1", "", {
    cookie:
      "vid=0190a5b2-0000-7000-8000-00000000beef; sid=x; CookieConsent=3; ehash=q; ref=r; xid=headline.b",
  }),
  asking("PUT", "/tr/v1/x/y", { a: 1 }),
  asking("GET", "/img/v1/ename/opened/aff/mail"),
  asking("GET", "/tr/v1/img/?ename=opened&url=https%3A%2F%2Fa.b"),
  asking("POST", "/str/v1/", { etyp: "log", level: "warn", ...page }, key),
  asking(
    "POST",
    "/tr/v1/str/",
    [
      { etyp: "count", ename: "jobs", value: 2 },
      { etyp: "update", uid: "ada" },
    ],
    {
      ...key,
      user: `{"uid":"ada","vid":"${page.vid}"}`,
    },
  ),
  asking("POST", "/tlv/v1/", payment, key),
  asking("POST", "/tr/v1/ltv/", [payment, { uid: "u1", amt: 5, invid: "i1" }], key),
  asking("GET", "/tr/v1/ltv/uid/ada", "", key),
  asking("POST", "/ppi/v1/agree", agreement),
  asking("GET", "/ppi/v1/agree", "", { cookie: `vid=${page.vid}` }),
  asking("POST", "/tr/v1/ppi/agree", agreement, { "content-type": "application/json" }),
  asking("GET", "/tr/v1/ppi/jds?locs=DE"),
  asking("GET", "/ppi/v1/geoip?ip=203.0.113.9"),
  asking("GET", `/g/collect?${tag}${tagMore}&en=page_view`),
  asking(
    "POST",
    `/g/collect?${tag}`,
    `en=view_item${tagMore}\r\nen=scroll&epn.percent=90\r\n\r\nen=purchase&_ee=1`,
  ),
  asking("POST", `/mp/collect?measurement_id=G-SHOP&api_secret=${writeKey}`, measured),
  asking("POST", `/mp/collect?firebase_app_id=1:2:ios:3&api_secret=${writeKey}`, {
    ...measured,
    app_instance_id: "a",
  }),
  asking("POST", `/debug/mp/collect?measurement_id=G-SHOP&api_secret=${writeKey}`, measured),
  asking("POST", `/d/c?${tag}${tagMore}&en=page_view`),
  asking("POST", "/tr/v1/me", { consent: "granted" }),
  asking("POST", "/tr/v1/me", { reset: true }),
  asking("GET", "/tr/v1/x?url=https%3A%2F%2Fshop.test%2F", "", { cookie: `vid=${page.vid}` }),
  asking("GET", "/tr/v1/privacy"),
  asking("GET", "/ping"),
  asking("GET", "/status"),
  asking("GET", "/clear"),
  asking("GET", "/track.js"),
  asking("OPTIONS", "/g/collect", "", { origin: "https://shop.test", "access-control-request-headers": "x" }),
];

/** Frames of a websocket, before they are packed. */
export const frames: readonly string[] = [
  JSON.stringify(page),
  JSON.stringify([page, { ename: "two" }]),
  `{"ename":"Click","Custom":"Top","params":{"firsttext":"Buy"}}`,
];
