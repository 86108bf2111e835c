import { createNative } from "../decode/native/native.ts";
import type { Hit } from "../model/hit.ts";
import { newId } from "../model/ids.ts";
import { createEnricher } from "./enrich.ts";

const native = createNative({ contactKey: Buffer.from("k".repeat(32)), batchEvents: 5000 });
const enrich = createEnricher({ cacheSize: 10000 });
const site: any = {
  id: "main",
  hosts: ["*"],
  ipMasking: 1,
  excludedUrlParams: ["utm_source", "utm_medium", "utm_campaign", "gclid"],
  legacyPepper: "",
};
const N = 100_000;
const hits: Hit[] = [];
const now = Date.now();
for (let i = 0; i < N; i++) {
  const body = JSON.stringify({
    eid: newId(),
    ename: "page_view",
    type: "page",
    created: now - 20,
    seq: i,
    url: `https://shop.example/pricing?utm_source=news&utm_medium=email&id=${i % (process.argv[2] ? N : 500)}`,
    last: "https://www.google.com/",
    title: "Pricing",
    vid: newId(),
    tz: "Europe/Berlin",
    culture: "de",
    w: 1280,
    h: 720,
    params: { plan: "pro", n: i },
  });
  hits.push({
    site,
    receivedAt: now,
    method: "POST",
    path: "/tr/v1/",
    query: "",
    headers: {
      "user-agent":
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
      "accept-language": "de-DE,de;q=0.9",
    },
    cookies: {},
    body,
    address: "203.0.113.7",
    visitorId: newId(),
    sessionId: newId(),
    experiments: null,
    privacy: { tracking: "full", consent: null, reason: null },
    trusted: false,
  });
}
console.log("body bytes", hits[0]!.body.length);
{const t=process.cpuUsage().user; for (const h of hits) JSON.parse(h.body); console.log("parse only", (process.cpuUsage().user-t)/N);}
for (let r = 0; r < 6; r++) {
  const d = 0,
    e = 0;
  let n = 0;
  const t = BigInt(process.cpuUsage().user)*1000n;
  for (const h of hits) {
    const { events } = native.decode(h);
    for (const k of events) {
      n++;
    }
  }
  const t1 = BigInt(process.cpuUsage().user)*1000n;
  for (const h of hits) {
    const { events } = native.decode(h);
    for (const k of events) {
      enrich(k.event, h);
      n++;
    }
  }
  const t2 = BigInt(process.cpuUsage().user)*1000n;
  console.log(
    "decode",
    (Number(t1 - t) / N / 1000).toFixed(2),
    "µs; decode+enrich",
    (Number(t2 - t1) / N / 1000).toFixed(2),
    "µs",
  );
}
const x = native.decode(hits[0]!).events[0]!;
enrich(x.event, hits[0]!);
