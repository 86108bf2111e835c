import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { createTicketKeys, ticketSeconds } from "./ticket-keys.ts";

test("keys change twice in the life of a ticket, and every follower has the new ones", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const tickets = createTicketKeys();
  const first = tickets.current();
  const seen: Buffer[] = [];
  const leave = tickets.follow((keys) => void seen.push(keys));
  t.mock.timers.tick((ticketSeconds / 2) * 1000 - 1);
  assert.equal(tickets.current(), first);
  t.mock.timers.tick(1);
  assert.notDeepEqual(tickets.current(), first);
  assert.deepEqual(seen, [tickets.current()]);
  leave();
  t.mock.timers.tick(ticketSeconds * 1000);
  assert.equal(seen.length, 1);
  tickets.close();
});

test("a process that shares them takes those it is given, and makes none of its own", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const tickets = createTicketKeys({ rotates: false });
  const given = new Uint8Array(randomBytes(48));
  tickets.use(given);
  t.mock.timers.tick(ticketSeconds * 2000);
  assert.deepEqual(tickets.current(), Buffer.from(given));
  assert.throws(() => tickets.use(new Uint8Array(3)), /48 bytes, not 3/);
});
