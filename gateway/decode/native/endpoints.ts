/** Where the native protocol takes hits: the original tracker's two layouts, and what each path answers. */
import type { Decoded, Endpoint, HitAnswer } from "../../model/protocol.ts";

export type Role = "event" | "server" | "pixel" | "payment" | "agreement" | "elsewhere";

export interface NativeEndpoint extends Endpoint {
  readonly role: Role;
}

/** Of the older layout, whose paths lie beside the collect path: path and role. */
const olderPaths: Readonly<Record<string, Role>> = {
  "/str/v1/": "server",
  "/img/v1/": "pixel",
  "/tlv/v1/": "payment",
  "/ppi/v1/": "agreement",
};

/** First words below the collect path in the newer layout. What lies elsewhere is no event. */
const words: Readonly<Record<string, Role>> = {
  tr: "event",
  str: "server",
  img: "pixel",
  ltv: "payment",
  ppi: "agreement",
  pub: "elsewhere",
  rdr: "elsewhere",
  rpi: "elsewhere",
  ws: "elsewhere",
  xrdr: "elsewhere",
};

/** Paths that are answered with something else; what lies below them are fields, as below any other word. */
const questions = ["handover", "me", "privacy", "share", "x"];

/** The endpoints below the collect path, and those of the older layout that are among `legacyPaths`. */
export const nativeEndpoints = (
  collectPath: string,
  legacyPaths: readonly string[],
): readonly NativeEndpoint[] => [
  endpoint(collectPath, "event"),
  ...Object.entries(words).map(([word, role]) => endpoint(`${collectPath}${word}/`, role)),
  ...questions.map((word) => endpoint(`${collectPath}${word}`, "elsewhere")),
  ...Object.entries(olderPaths)
    .filter(([path]) => legacyPaths.includes(path))
    .map(([path, role]) => endpoint(path, role)),
];

const endpoint = (path: string, role: Role): NativeEndpoint => ({ path, role, ...behaviour[role] });

/** A transparent image of one pixel: two colours, of which the first is drawn and not seen. */
const pixel = Buffer.from(
  "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b",
  "hex",
);

const pixelAnswer: HitAnswer = {
  status: 200,
  headers: [
    "content-type",
    "image/gif",
    "cache-control",
    "no-store, no-cache, must-revalidate, private",
    "pragma",
    "no-cache",
    "expires",
    "0",
    "cross-origin-resource-policy",
    "cross-origin",
    "x-content-type-options",
    "nosniff",
  ],
  body: pixel,
};

/** The id of the event as a JSON string; of several events the ids as a list, of none null. */
const idAnswer = ({ events }: Decoded): HitAnswer => {
  const ids = events.map(({ event }) => event.id);
  return {
    status: 200,
    headers: ["content-type", "application/json", "cache-control", "no-store"],
    body: JSON.stringify(ids.length > 1 ? ids : (ids[0] ?? null)),
  };
};

const behaviour: Readonly<Record<Role, Omit<Endpoint, "path">>> = {
  event: { from: "anyone" },
  server: { from: "server", answer: idAnswer },
  pixel: { from: "anyone", answer: () => pixelAnswer },
  payment: { from: "key" },
  agreement: { from: "anyone" },
  elsewhere: { from: "nobody" },
};
