import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ask } from "./ask.ts";
import { type Gateway, startGateway } from "./gateway.ts";

let gateway: Gateway;
before(async () => {
  gateway = await startGateway({
    config: {
      routes: [{ path: "/", static: { dir: `${import.meta.dirname}/../setup/demo/public` }, inject: true }],
      sites: [{ id: "main", cookieDomain: "eu.Shop.example" }],
    },
  });
});
after(() => gateway?.close());

const domains: readonly (readonly [host: string, domain: string | undefined])[] = [
  ["eu.shop.example", "eu.shop.example"],
  ["www.eu.shop.example", "eu.shop.example"],
  ["WWW.EU.Shop.Example:8080", "eu.shop.example"],
  // At these hosts browsers would refuse the cookie for that domain.
  ["shop.example", "shop.example"],
  ["noteu.shop.example", "shop.example"],
  ["other.example", "other.example"],
  ["127.0.0.1", undefined],
  ["localhost", undefined],
];
for (const [host, domain] of domains) {
  test(`at ${host} the visitor's cookie is for ${domain ?? "the host alone"}`, async () => {
    const { cookies } = await ask(`${gateway.url}/`, { headers: { host } });
    assert.equal(cookies.get("vid")?.attributes.get("domain"), domain);
  });
}
