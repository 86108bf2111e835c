import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Event } from "../gateway/model/event.ts";
import { newId } from "../gateway/model/ids.ts";
import { type Answer, ask, variantIn } from "./ask.ts";
import { shopWith } from "./consent-shop.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { storedEvents } from "./stored.ts";
import { waitFor } from "./wait-for.ts";

const gateways = new Map<string, Gateway>();
before(async () => {
  for (const consent of ["assumed", "required"] as const) {
    gateways.set(consent, await startGateway({ config: shopWith(consent) }));
  }
});
after(async () => {
  for (const gateway of gateways.values()) await gateway.close();
});

const gatewayOf = (consent: string): Gateway => {
  const gateway = gateways.get(consent);
  assert.ok(gateway);
  return gateway;
};

interface Wish {
  readonly name: string;
  readonly consent: "assumed" | "required";
  readonly headers: Readonly<Record<string, string>>;
  readonly cookie: string;
  readonly tracked: boolean;
}

const wishes: readonly Wish[] = [
  { name: "Sec-GPC: 1", consent: "assumed", headers: { "sec-gpc": "1" }, cookie: "", tracked: false },
  { name: "tp_optout=1", consent: "assumed", headers: {}, cookie: "tp_optout=1", tracked: false },
  {
    name: "denied, not required",
    consent: "assumed",
    headers: {},
    cookie: "tp_consent=denied",
    tracked: false,
  },
  { name: "required, not given", consent: "required", headers: {}, cookie: "", tracked: false },
  { name: "required, denied", consent: "required", headers: {}, cookie: "tp_consent=denied", tracked: false },
  {
    name: "granted, but Sec-GPC: 1",
    consent: "required",
    headers: { "sec-gpc": "1" },
    cookie: "tp_consent=granted",
    tracked: false,
  },
  {
    name: "required, granted",
    consent: "required",
    headers: {},
    cookie: "tp_consent=granted",
    tracked: true,
  },
  { name: "nothing said", consent: "assumed", headers: {}, cookie: "", tracked: true },
];

const own = ["vid", "sid", "xid", "ref", "params"];
const idCookies = ({ cookies }: Answer): string[] => [...cookies.keys()].filter((name) => own.includes(name));

/** Somebody who was here before, and whose page says all it knows of him. */
const newPerson = () => ({
  vid: newId(),
  sid: newId(),
  uid: `user-${newId()}`,
  email: `${newId()}@people.example`,
  gclid: `click-${newId()}`,
});
type Person = ReturnType<typeof newPerson>;

const fieldsOf = ({ vid, sid, uid, email, gclid }: Person) => ({
  vid,
  sid,
  uid,
  email,
  gclid,
  did: `device-${vid}`,
  lat: 51.5,
  lon: 0.1,
  zip: "CT16 1AA",
  traits: { email },
});

/** The events that mention the mark, once there are so many. What was appended before an acknowledgement is there. */
const marked = (gateway: Gateway, mark: string, count: number): Promise<readonly Event[]> =>
  waitFor(() => {
    const events = storedEvents(gateway.data).filter((event) => event.page_location?.includes(mark));
    return events.length >= count && events;
  }, `${count} events of ${mark}`);

const personal = [
  "client_id",
  "client_session_id",
  "user_id",
  "ip_address",
  "did",
  "lat",
  "lon",
  "zip",
  "traits",
  "ref",
  "email_hash",
  "ehash",
  "click_id_gclid",
  "device_web_browser_version",
  "device_operating_system_version",
  "experiment_id",
  "experiments",
] as const satisfies readonly (keyof Event)[];

/** Nothing of the person is in the row, neither in a column that is for it nor anywhere else. */
const assertNobody = (event: Event, person: Person): void => {
  for (const column of personal) assert.equal(event[column] ?? null, null, `${event.name}: ${column}`);
  const row = JSON.stringify(event);
  for (const [what, value] of Object.entries(person))
    assert.ok(!row.includes(value), `${event.name} holds the ${what}: ${row}`);
};

for (const { name, consent, headers, cookie, tracked } of wishes) {
  const of = (person: Person | null): Record<string, string> => {
    const cookies = [cookie, ...(person ? [`vid=${person.vid}`, `sid=${person.sid}`] : [])].filter(
      (one) => one !== "",
    );
    return { ...headers, ...(cookies.length > 0 && { cookie: cookies.join("; ") }) };
  };

  test(`${name}: a document ${tracked ? "gives an id and the variant" : "sets no id, shows control, and exposes nobody"}`, async () => {
    const gateway = gatewayOf(consent);
    for (const known of [false, true]) {
      const person = newPerson();
      const mark = newId();
      const path = `/pricing/?mark=${mark}&gclid=${person.gclid}&ref=partner`;
      const answer = await ask(gateway.url + path, { headers: of(known ? person : null) });
      assert.equal(answer.status, 200);
      assert.deepEqual(idCookies(answer).sort(), tracked ? ["ref", "sid", "vid", "xid"] : []);
      assert.equal(variantIn(answer.text), tracked ? "b" : null);
      await ask(`${gateway.url}/tr/v1/?ename=after`, { headers: { "sec-gpc": "1" } });
      const events = await marked(gateway, mark, tracked ? 2 : 1);
      assert.deepEqual(
        events.map((event) => event.name),
        tracked ? ["document", "exposure"] : ["document"],
      );
      for (const event of events) {
        if (!tracked) assertNobody(event, person);
        else
          assert.deepEqual(
            [event.client_id, event.ip_address],
            [answer.cookies.get("vid")?.value.split(".")[0], "127.0.0.0"],
          );
      }
    }
  });

  for (const method of ["POST", "GET"]) {
    test(`${name}: collect by ${method} ${tracked ? "keeps who it was" : "keeps the event and nobody's ids"}`, async () => {
      const gateway = gatewayOf(consent);
      for (const known of [false, true]) {
        const person = newPerson();
        const mark = newId();
        const url = `${gateway.url}/pricing/?mark=${mark}&gclid=${person.gclid}`;
        const fields = { ename: "seen", url, ...fieldsOf(person) };
        const question = { method, headers: { origin: gateway.url, ...of(known ? person : null) } };
        const query = new URLSearchParams(
          Object.entries(fields).map(([key, value]) => [
            key,
            typeof value === "object" ? JSON.stringify(value) : String(value),
          ]),
        );
        const answer = await (method === "POST"
          ? ask(`${gateway.url}/tr/v1/`, { ...question, body: JSON.stringify(fields) })
          : ask(`${gateway.url}/tr/v1/?${query}`, question));
        assert.equal(answer.status, 200);
        const [event] = await marked(gateway, mark, 1);
        assert.ok(event);
        assert.equal(event.id, answer.headers["turnpike-event"]);
        if (tracked) {
          assert.deepEqual(idCookies(answer), known ? [] : ["vid"]);
          assert.deepEqual([event.client_id, event.client_session_id], [person.vid, person.sid]);
          assert.deepEqual([event.ip_address, event.experiments], ["127.0.0.0", { "pricing-headline": "b" }]);
          assert.equal(event.click_id_gclid, person.gclid);
        } else {
          assert.deepEqual(idCookies(answer), []);
          assertNobody(event, person);
        }
      }
    });
  }

  test(`${name}: the page is told ${tracked ? "its visitor and variant" : "neither visitor nor variant"}`, async () => {
    const { url } = gatewayOf(consent);
    const person = newPerson();
    const asked = [
      await ask(`${url}/tr/v1/x`, { headers: of(person) }),
      await ask(`${url}/tr/v1/x?vid=${person.vid}`, { headers: of(null) }),
    ];
    for (const answer of asked) {
      const nobody = { visitor: null, variants: {}, params: {} };
      const told = { visitor: person.vid.slice(-4), variants: { "pricing-headline": "b" }, params: {} };
      assert.deepEqual(JSON.parse(answer.text), tracked ? told : nobody);
      assert.deepEqual(idCookies(answer), []);
    }
  });
}
