/** Bodies of several lines, and texts that are encoded in odd ways. */
import type { Columns } from "../ga4-cases.ts";
import { hit, type MoreCase } from "./case.ts";

const body = (name: string, text: string, rows: readonly Columns[]): MoreCase => ({
  name,
  hits: [hit(0, { dt: "Home" }, { body: text })],
  rows,
});

const title = (encoded: string, page_title: string): MoreCase =>
  body(`${encoded} is decoded as far as it is right`, `en=a&dt=${encoded}`, [{ page_title }]);

export const lines: readonly MoreCase[] = [
  body("blank lines and carriage returns do not count", "en=a\r\n\r\n  en=b  \n\n\nen=c\r\n", [
    { name: "a" },
    { name: "b" },
    { name: "c" },
  ]),
  body(
    "a line's fields take the place of the query's, also empty ones",
    "en=a&dl=https%3A%2F%2Fx.test%2F&dt=",
    [{ name: "a", page_location: "https://x.test/", page_title: "" }],
  ),
  body("a line without a name has the query's", "_et=1\nen=b", [
    { name: "page_view", params_engagement_time_ms: 1 },
    { name: "b", page_title: "Home" },
  ]),
  body("one bad line costs no other", "en=a\nen=\nen=c", [{ name: "a" }, { name: "c" }]),
  body("of a field that is repeated the first value counts", "en=a&ep.method=1&ep.method=2", [
    { params_method: "1" },
  ]),
  body("an ampersand too many and a field without a value do no harm", "&en=a&foo&ep.method=x=y&", [
    { name: "a", params_method: "x=y" },
  ]),
  body("names of fields are decoded, too", "en=a&ep%2Emethod=x", [{ params_method: "x" }]),
  body("goods in a line are its own", "en=purchase&pr1=idA~pr2~qt3&cu=USD\nen=b", [
    { ecommerce_purchase_revenue_in_usd: 6 },
    { ecommerce_items: [] },
  ]),
  body(
    "thirty lines keep their order",
    Array.from({ length: 30 }, (_, i) => `en=e${i}`).join("\n"),
    Array.from({ length: 30 }, (_, i) => ({ name: `e${i}`, session_hit_number: i })),
  ),
  title("A+B%20C%2BD", "A B C+D"),
  title("100%25%20sure%", "100% sure%"),
  title("50%-off%20now", "50%-off now"),
  title("%E9t%E9%20x", "%E9t%E9%20x"),
  title("%c3%bc%C3%BC", "üü"),
  title("x%0Ay", "x\ny"),
  title("x%00y", "xy"),
  title("üö 💩", "üö 💩"),
];
