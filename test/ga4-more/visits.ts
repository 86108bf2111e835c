/** Where visits begin and end, and whose they are. */
import { alone, chrome, hit, type MoreCase, type Query } from "./case.ts";

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const split = { by_campaign: true, by_user_id: true };
const minute = 60;
const day = 24 * 60 * minute;
const campaign = (name: string): Query => ({ dl: `https://shop.test/?utm_campaign=${name}` });

const browsers = [
  ["their languages", { "accept-language": "de" }],
  ["what they accept", { accept: "text/html" }],
  ["their client hints", { "sec-ch-ua-platform": '"Windows"' }],
] as const;

export const visits: readonly MoreCase[] = [
  { name: "half an hour to the second is one visit", hits: [hit(0), hit(30 * minute)], sessions: [[0, 1]] },
  { name: "a second more is two", hits: [hit(0), hit(30 * minute + 1)], sessions: [[0], [1]] },
  {
    name: "a visit ends after twelve hours to the second",
    config: { split: {} },
    hits: [...upTo(24).map((i) => hit(i * 30 * minute)), hit(12 * 60 * minute - 1), hit(12 * 60 * minute)],
    sessions: [upTo(25), [25]],
    rows: [...upTo(25).map(() => ({})), { session_split_cause: "max_time_since_first_event_reached" }],
  },
  {
    name: "event 1,001 begins a visit",
    config: { split: {} },
    hits: upTo(1001).map((i) => hit(i, { en: "e" })),
    sessions: [upTo(1000), [1000]],
    rows: [{ session_total_events: 1000 }],
  },
  {
    name: "another user begins a visit, none between does not",
    config: { split },
    hits: [hit(0, { uid: "a" }), hit(1), hit(2, { uid: "a" }), hit(3, { uid: "b" }), hit(4)],
    sessions: [
      [0, 1, 2],
      [3, 4],
    ],
    rows: [{ session_split_cause: null }, {}, {}, { session_split_cause: "user_id_changed" }],
  },
  {
    name: "a login goes on with the visit",
    config: { split },
    hits: [hit(0), hit(1, { uid: "a" })],
    sessions: [[0, 1]],
  },
  {
    name: "another campaign begins a visit, and the first does again",
    config: { split },
    hits: [hit(0), hit(1, campaign("x")), hit(2), hit(3, campaign("y")), hit(4, campaign("x"))],
    sessions: [[0, 1, 2], [3], [4]],
    rows: [{}, {}, {}, { session_split_cause: "utm_campaign_changed" }],
  },
  {
    name: "campaigns are told apart by case, an empty one is none",
    config: { split },
    hits: [hit(0, campaign("A")), hit(1, campaign("")), hit(2, campaign("a"))],
    sessions: [[0, 1], [2]],
  },
  {
    name: "of two reasons at once the user is the one that is told",
    config: { split },
    hits: [hit(0, { uid: "a", ...campaign("1") }), hit(1, { uid: "b", ...campaign("2") })],
    sessions: [[0], [1]],
    rows: [{}, { session_split_cause: "user_id_changed" }],
  },
  {
    name: "both can be switched off",
    config: { split: { by_campaign: false, by_user_id: false } },
    hits: [hit(0, { uid: "a", ...campaign("1") }), hit(1, { uid: "b", ...campaign("2") })],
    sessions: [[0, 1]],
  },
  {
    name: "events are counted anew in each visit",
    config: { split: { by_user_id: true, max_events: 3 } },
    hits: [hit(0, { uid: "a" }), hit(1), hit(2, { uid: "b" }), hit(3), hit(4), hit(5)],
    sessions: [[0, 1], [2, 3, 4], [5]],
  },
  { name: "midnight ends no visit", hits: [hit(day - 10), hit(day + 10)], sessions: [[0, 1]] },
  {
    name: "nor does the hour that is left out in spring",
    hits: ["2026-03-29T00:50:00.000Z", "2026-03-29T01:10:00.000Z"].map((received_at) => ({
      ...hit(0),
      received_at,
    })),
    sessions: [[0, 1]],
    rows: [{ session_duration: 20 * minute }],
  },
  {
    name: "midnight ends what only the mark of a day holds together",
    hits: [hit(day - 10, { cid: "m.1" }), hit(day - 5, { cid: "m.2" }), hit(day + 1, { cid: "m.3" })],
    sessions: [[0, 1], [2]],
  },
  {
    name: "a mark of the day and a user join three ids into one person",
    hits: [
      hit(0, { cid: "t.1" }),
      hit(1, { cid: "t.2", uid: "ada" }),
      hit(2, { cid: "t.3", uid: "ada" }, chrome(131)),
    ],
    sessions: [[0, 1, 2]],
  },
  {
    name: "two devices that log in late were one person before",
    config: alone,
    hits: [
      hit(0, { cid: "p.1" }),
      hit(1, { cid: "p.2" }),
      hit(2, { cid: "p.1", uid: "ada" }),
      hit(3, { cid: "p.2", uid: "ada" }),
    ],
    sessions: [[0, 1, 2, 3]],
  },
  {
    name: "a forced mark joins different browsers",
    hits: [hit(0, { cid: "f.1", fss: "s" }, chrome(131)), hit(1, { cid: "f.2", fss: "s" }, chrome(130))],
    sessions: [[0, 1]],
  },
  {
    name: "what the client calls its session makes none",
    hits: [hit(0, { sid: "1" }), hit(1, { sid: "2" })],
    sessions: [[0, 1]],
    rows: [{ client_session_id: "1" }, { client_session_id: "2" }],
  },
  {
    name: "of three reasons at once the first of time, number and user is told",
    config: { split: { max_events: 3, time_since_first_event_s: 300, by_user_id: true } },
    hits: [
      hit(0, { uid: "a" }),
      hit(1, { uid: "a" }),
      hit(2, { uid: "a" }),
      hit(3, { uid: "b" }),
      hit(303, { uid: "c" }),
    ],
    sessions: [[0, 1, 2], [3], [4]],
    rows: [
      {},
      {},
      {},
      { session_split_cause: "max_events_reached" },
      { session_split_cause: "max_time_since_first_event_reached" },
    ],
  },
  {
    name: "a visit may be of one event each",
    config: { split: { max_events: 1 } },
    hits: [hit(0), hit(1)],
    sessions: [[0], [1]],
  },
  {
    name: "the tag's campaign fields part visits as the address does",
    config: { split },
    hits: [hit(0, { cn: "a" }), hit(1, { cn: "b" })],
    sessions: [[0], [1]],
    rows: [{}, { session_split_cause: "utm_campaign_changed" }],
  },
  {
    name: "a hit that comes late joins the visits around it",
    hits: [hit(0), hit(50 * minute), hit(25 * minute)],
    sessions: [[0, 1, 2]],
    rows: [{ session_hit_number: 0 }, { session_hit_number: 2 }, { session_hit_number: 1 }],
  },
  ...browsers.map(
    ([what, headers]): MoreCase => ({
      name: `browsers that differ in ${what} are two people`,
      hits: [hit(0, { cid: "b.1" }), hit(1, { cid: "b.2" }, { headers })],
      sessions: [[0], [1]],
    }),
  ),
  {
    name: "a forced mark has no day",
    hits: [hit(day - 10, { cid: "f.1", fss: "s" }), hit(day + 10, { cid: "f.2", fss: "s" })],
    sessions: [[0, 1]],
  },
  ...["null", "undefined", "0", "anonymous", "admin", "guest", "(not set)"].map(
    (uid): MoreCase => ({
      name: `nobody is joined by the name of ${uid}`,
      config: alone,
      hits: [hit(0, { cid: "n.1", uid }), hit(1, { cid: "n.2", uid })],
      sessions: [[0], [1]],
    }),
  ),
];
