/** Addresses of pages: what is taken out of them, and what they say of host, path and campaign. */
import type { Columns } from "../ga4-cases.ts";
import { type MoreCase, one } from "./case.ts";

const excluded_url_params = ["utm_source", "gclid", "sessionid"];

const address = (dl: string, row: Columns): MoreCase =>
  one(`${dl} as it is stored`, { dl }, row, { excluded_url_params });

const page = "https://a.test/p";

export const addresses: readonly MoreCase[] = [
  address(`${page}?gclid=1`, { page_location: page, click_id_gclid: "1", page_path: "/p" }),
  address(`${page}?gclid=1#top`, { page_location: `${page}#top` }),
  address(`${page}?b=3&a=1&b=2&gclid=1`, { page_location: `${page}?a=1&b=3&b=2` }),
  address(`${page}?b=2&a=1#top`, { page_location: `${page}?b=2&a=1#top` }),
  address(`${page}?q=a%20b&z=%C3%BC&gclid=1`, { page_location: `${page}?q=a+b&z=%C3%BC` }),
  address(`${page}?x&gclid=1`, { page_location: `${page}?x=` }),
  address(`${page}?t=~a*b(c)!'&gclid=1`, { page_location: `${page}?t=~a%2Ab%28c%29%21%27` }),
  address(`${page}?u=https://b.test/&gclid=1`, { page_location: `${page}?u=https%3A%2F%2Fb.test%2F` }),
  address("https://a.test?gclid=1", { page_location: "https://a.test", page_path: "" }),
  address(`${page}?sessionid=1&utm_medium=m`, { page_location: `${page}?utm_medium=m`, utm_medium: "m" }),
  address(`${page}?utm_source=a&utm_source=b`, { page_location: page, utm_source: "a" }),
  address(`${page}?utm_source=&utm_medium=x`, { utm_source: null, utm_medium: "x" }),
  address(`${page}?`, { page_location: `${page}?` }),
  address("https://a.test:8443/x", { page_hostname: "a.test", page_path: "/x" }),
  address("https://[2001:db8::1]:8080/x", { page_hostname: "2001:db8::1", page_path: "/x" }),
  address("https://a.test/50%-off?gclid=1&a=b", {
    page_location: "https://a.test/50%-off?a=b",
    page_path: "/50%-off",
  }),
  address("not a url", { page_location: "not a url", page_hostname: "" }),
  address("file:///C:/x.html", { page_location: "file:///C:/x.html", page_hostname: "" }),
  address(`${page}?utm_campaign=${"c".repeat(1000)}`, { utm_campaign: "c".repeat(1000) }),
  one(
    "the referrer keeps its parameters",
    { dr: "https://b.test/?gclid=1" },
    {
      page_referrer: "https://b.test/?gclid=1",
    },
  ),
];
