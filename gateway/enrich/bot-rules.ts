/** Which user agents are machines, of which class, and what in them says so. */
import { isbot, isbotMatch } from "isbot";
import { findCrawler } from "./crawler-list.ts";

export type BotClass = "crawler" | "headless" | "script" | "monitoring" | "datacenter";

const headless =
  /Headless\w*|PhantomJS|SlimerJS|Puppeteer|Playwright|Selenium|WebDriver|jsdom|HtmlUnit|Cypress/i;

const monitoring =
  /UptimeRobot|Pingdom|StatusCake|Site24x7|kube-probe|GoogleHC|ELB-HealthChecker|Datadog|NewRelic|Better ?(?:Uptime|Stack)|Checkly|Zabbix|Nagios|check_http|Prometheus|Blackbox|Lighthouse|GTmetrix|WebPageTest|PTST|updown\.io|Freshping|HetrixTools|Uptime-Kuma|Dynatrace|Catchpoint|Cloudflare-Healthchecks/i;

/** Apps that people use speak by these libraries. */
const app = /^(?:okhttp|Dart)\//;

const script =
  /^(?:curl|wget|python|aiohttp|httpx|scrapy|go-http-client|java|axios|node|undici|got|superagent|deno|bun|ruby|faraday|perl|libwww|lwp|php|guzzle|postman|insomnia|httpie|xh|apache-httpclient|rust|reqwest|hyper|k6|wrk|ab|hey|vegeta|bombardier|siege|apachebench|jmeter|locust|powershell|winhttp|restsharp)\b/i;

/** A word of the user agent that says "bot", with what it is called. */
const crawlerName = /[\w.-]{0,40}(?:bot|crawler|spider|externalhit|slurp|scraper|archiver)\b[\w.-]{0,20}/i;

/** `class: evidence`, or null for what looks like a person's browser. */
export const readBot = (userAgent: string): string | null => {
  if (userAgent.trim() === "") return label("script", "no user agent");
  // The first word of every browser, alone: tools that hide who somebody is send it, as scripts do. It proves nothing.
  if (userAgent === "Mozilla/5.0") return null;
  if (app.test(userAgent)) return null;
  const browser = headless.exec(userAgent);
  if (browser) return label("headless", browser[0]);
  const monitor = monitoring.exec(userAgent);
  if (monitor) return label("monitoring", monitor[0]);
  const tool = script.exec(userAgent);
  if (tool) return label("script", tool[0]);
  const listed = findCrawler(userAgent);
  if (listed === null && !isbot(userAgent)) return null;
  const named = crawlerName.exec(userAgent)?.[0];
  return label("crawler", named ?? listed ?? isbotMatch(userAgent) ?? "isbot");
};

export const label = (kind: BotClass, evidence: string): string => `${kind}: ${evidence}`;
