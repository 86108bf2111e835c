/** The admin listener as the live page sees it, with canned answers that a test can change. */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { NewestEvent, Overview } from "../gateway/model/admin.ts";
import { bundle } from "../setup/build/bundle.ts";

export interface DashboardStandIn {
  readonly url: string;
  /** what is answered; `newest` is cut to what is above the `after` of the request */
  overview: Overview;
  signedIn: boolean;
  /** answers 503 to everything below /api/ */
  failing: boolean;
  close(): Promise<void>;
}

export const goodToken = "tp_good";
export const goodCode = "ONCE";

const root = join(import.meta.dirname, "..");

// As strict as the admin listener's own.
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const guards = { "content-security-policy": policy, "referrer-policy": "no-referrer" } as const;

/** Builds the page from its sources and serves it on a free loopback port. */
export const startDashboardStandIn = async (overview: Overview): Promise<DashboardStandIn> => {
  const files: Readonly<Record<string, readonly [type: string, bytes: Uint8Array]>> = {
    "/": ["text/html; charset=utf-8", await readFile(join(root, "dashboard/index.html"))],
    "/style.css": ["text/css", await readFile(join(root, "dashboard/style.css"))],
    "/main.js": ["text/javascript", await bundle(join(root, "dashboard/main.ts"), { target: "es2022" })],
  };
  const state = { overview, signedIn: true, failing: false };

  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const url = new URL(req.url ?? "/", "http://stand-in");
    const file = files[url.pathname];
    if (file) {
      const [type, bytes] = file;
      res.writeHead(200, { "content-type": type, ...guards }).end(bytes);
      return;
    }
    if (state.failing) return void res.writeHead(503).end();
    // The admin listener takes a POST from its own pages only.
    if (req.method === "POST" && req.headers.origin !== `http://${req.headers.host}`) {
      return void res.writeHead(403).end("This came from another origin.");
    }
    if (url.pathname === "/api/signin") return signIn(await readJson(req), res);
    if (url.pathname === "/api/signout") {
      state.signedIn = false;
      return void res.writeHead(204).end();
    }
    if (url.pathname !== "/api/overview") return void res.writeHead(404).end();
    if (!state.signedIn) return void res.writeHead(401).end("Sign in first.");
    const after = Number(url.searchParams.get("after"));
    const newest = state.overview.newest.filter((event) => event.seq > after);
    res.setHeader("content-type", "application/json");
    res.end(JSON.stringify({ ...state.overview, newest }));
  };

  const signIn = (credential: Record<string, unknown>, res: ServerResponse): void => {
    if (credential["token"] === goodToken || credential["code"] === goodCode) {
      state.signedIn = true;
      res.writeHead(204).end();
      return;
    }
    const what = "code" in credential ? "This link was used already." : "This token is not known here.";
    res.writeHead(401, { "content-type": "text/plain; charset=utf-8" }).end(`${what}\n`);
  };

  const server = createServer((req, res) => {
    answer(req, res).catch((error: unknown) => res.destroy(error instanceof Error ? error : undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // listening on TCP
  return Object.assign(state, {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
};

const readJson = async (req: IncomingMessage): Promise<Record<string, unknown>> => {
  let text = "";
  for await (const chunk of req) text += String(chunk);
  return JSON.parse(text) as Record<string, unknown>; // the page under test sends an object
};

/** An event with a sequence; everything else as a visitor's plain page view. */
export const cannedEvent = (seq: number, changes: Partial<NewestEvent> = {}): NewestEvent => ({
  seq,
  id: `0190a000-0000-7000-8000-${String(seq).padStart(12, "0")}`,
  receivedAt: Date.UTC(2025, 2, 4, 9, 41, 0) + seq * 1700,
  name: "page_view",
  type: "page",
  visitor: "4d91",
  page: "/pricing/",
  value: null,
  currency: null,
  variant: "b",
  variants: ["pricing-headline=b"],
  request: null,
  bot: null,
  demo: false,
  problems: [],
  ...changes,
});

/** A demo shop after a few minutes. */
export const cannedOverview = (changes: Partial<Overview> = {}): Overview => ({
  now: Date.UTC(2025, 2, 4, 9, 42, 0),
  sites: null,
  siteUrl: "http://localhost:8080",
  snippet: '<script src="http://localhost:8080/track.js" data-site="main" async></script>',
  snippetSeen: false,
  demo: true,
  totals: {
    events: 4218,
    visitors: 731,
    sessions: 804,
    bots: 96,
    requests: 0,
    rejects: 3,
    demoVisitors: 500,
  },
  perSecond: Array.from({ length: 60 }, (_, i) =>
    Math.max(0, Math.round(9 + 8 * Math.sin(i / 6) + (i % 7) - 4)),
  ),
  experiments: [
    {
      key: "pricing-headline",
      hypothesis: "A headline that names the saving sells more than one that names the product.",
      status: "running",
      multiple: 2,
      sampleRatioP: 0.61,
      firstSeen: "2025-03-04",
      splitSince: null,
      rebuilding: null,
      goals: [
        {
          goal: "purchase",
          sentence:
            "b sells to about a quarter more people, but it is too early to be sure: 731 of about 1,400 visitors.",
          value: null,
          variants: [
            {
              variant: "control",
              control: true,
              exposed: 362,
              converted: 38,
              rate: 38 / 362,
              sum: 451,
              sumSquares: 6200,
              lift: null,
              interval: null,
            },
            {
              variant: "b",
              control: false,
              exposed: 369,
              converted: 48,
              rate: 48 / 369,
              sum: 583.5,
              sumSquares: 8100,
              lift: 0.239,
              interval: [-0.142, 0.448],
            },
          ],
        },
      ],
    },
  ],
  checklist: [
    { key: "script", done: false, title: "The script", text: "Put the line below into a page of your own." },
    {
      key: "proxy",
      done: true,
      title: "The gateway",
      text: "It serves http://localhost:8080 and counts the documents it serves.",
    },
    {
      key: "experiment",
      done: true,
      title: "An experiment",
      text: "pricing-headline has shown both variants.",
    },
    {
      key: "extension",
      done: false,
      title: "Tracked links",
      text: "Load chrome-extension/ in Chrome, copy a link with it and open the link.",
    },
  ],
  newest: [
    cannedEvent(1, { variant: "control", visitor: "a07c", page: "/" }),
    cannedEvent(2, {
      name: "experiment_exposure",
      type: "exposure",
      variant: "control",
      visitor: "a07c",
      page: "/",
    }),
    cannedEvent(3),
    cannedEvent(4, { name: "purchase", type: "outcome", value: 22, currency: "EUR", page: "/checkout/" }),
    cannedEvent(5, { variant: null, visitor: null, page: "/", bot: "crawler" }),
    cannedEvent(6, { variant: "b", visitor: "19e2", page: "/checkout/", demo: true }),
    cannedEvent(7, {
      name: "add_to_basket",
      type: "track",
      visitor: "c5b3",
      problems: [
        "“value” is not a number and was left out.",
        "The time it claims is nine days old; it was stored at the time of receipt.",
      ],
    }),
    cannedEvent(8, { page: "/thanks/", visitor: "4d91" }),
  ],
  trouble: null,
  missed: { exposuresLate: 0, exposuresLost: 0, requestsDropped: 0 },
  pageLoads: {
    days: 7,
    loads: 1204,
    both: 1066,
    documentOnly: 136,
    viewOnly: 2,
    share: 138 / 1204,
    sentence:
      "In the last 7 days, 11 % of 1,204 page loads by people (136) were served and never reported by the script: blocked, or left before it ran; 2 were reported without a document on record.",
  },
  ...changes,
});
