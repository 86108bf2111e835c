/** Good events that are sent beside hostile ones, in the same request where a request holds several. */
import { type Asking, corpus, writeKey } from "./fuzz-corpus.ts";
import { mutateBytes, type Random } from "./fuzz-mutate.ts";

export interface Neighbour {
  readonly asking: Asking;
  /** of the event that must be stored, once */
  readonly name: string;
  readonly client: string;
}

/** The `n`-th good event; nothing hostile has its name. */
export const makeNeighbour = (n: number, random: Random): Neighbour => {
  const name = `good-${n}`;
  const client = `0190a5b2-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
  const make = ways[n % ways.length] ?? alone;
  return { asking: make(name, client, random), name, client };
};

/** What a frame of a websocket says to be such an event. */
export const frameOf = (name: string, client: string): string => JSON.stringify({ ename: name, vid: client });

type Way = (name: string, client: string, random: Random) => Asking;

const key = { authorization: `Bearer ${writeKey}` };

const post = (path: string, body: string, headers: Asking["headers"] = {}): Asking => ({
  method: "POST",
  path,
  headers,
  body: Buffer.from(body, "latin1"),
});

const get = (path: string): Asking => ({ method: "GET", path, headers: {}, body: Buffer.alloc(0) });

const alone: Way = (name, client) => post("/tr/v1/", frameOf(name, client));

/** JSON that can stand in a list. */
const oddValue = (random: Random): string => {
  const text = oddLine(random, "/tr/v1");
  try {
    JSON.parse(text);
    return text;
  } catch {
    return `{"ename":${JSON.stringify(text.slice(0, 2000))},"vid":[1],"created":"soon","params":7}`;
  }
};

/** A line of hostile text. */
const oddLine = (random: Random, path: string): string => {
  const like = corpus.filter((one) => one.path.startsWith(path) && one.body.length > 0);
  const from = like[random(like.length)]?.body ?? Buffer.from("{}");
  return mutateBytes(from, random)
    .toString("latin1")
    .replaceAll(/[\r\n]/g, " ")
    .slice(0, 20_000);
};

const ways: readonly Way[] = [
  alone,
  (name, client, random) =>
    post("/tr/v1/", `[${oddValue(random)},${frameOf(name, client)},${oddValue(random)}]`),
  (name, client, random) => post("/tr/v1/", `${frameOf(name, client)}\n${oddLine(random, "/tr/v1")}`),
  (name, client) => get(`/tr/v1/?ename=${name}&vid=${client}`),
  (name, client) => get(`/img/v1/ename/${name}/vid/${client}`),
  (name, client, random) =>
    post(
      "/str/v1/",
      `[${oddValue(random)},${JSON.stringify({ etyp: "log", ename: name, vid: client })}]`,
      key,
    ),
  (name, client, random) =>
    post(
      "/g/collect?v=2&tid=G-SHOP",
      `${oddLine(random, "/g/")}\r\nen=${name}&cid=${client}&tid=G-SHOP\r\n${oddLine(random, "/g/")}`,
    ),
  (name, client) => get(`/g/collect?v=2&tid=G-SHOP&cid=${client}&en=${name}`),
  (name, client, random) =>
    post(
      `/mp/collect?measurement_id=G-SHOP&api_secret=${writeKey}`,
      `{"client_id":"${client}","events":[${oddValue(random)},{"name":"${name}"},${oddValue(random)}]}`,
    ),
  (name, client) => post(`/d/c?v=2&tid=G-SHOP&cid=${client}&en=${name}`, ""),
];
