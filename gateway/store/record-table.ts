import type { RecordTable } from "../model/records.ts";
import type { Db } from "./database.ts";

/** Payments, counters and updates of servers, and agreements in SQLite. */
export const createRecordTable = (db: Db): RecordTable => {
  const payment = db.prepare(
    "INSERT INTO payments (seq, site, at, client_id, user_id, order_id, currency, micros) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const agreement = db.prepare(
    "INSERT INTO agreements (seq, site, client_id, at, said) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const count = db.prepare(`
    INSERT INTO message_counts (site, id, n, first_at, last_at) VALUES (:site, :id, :n, :at, :at)
    ON CONFLICT DO UPDATE SET n = n + excluded.n, first_at = min(first_at, excluded.first_at),
      last_at = max(last_at, excluded.last_at)`);
  const update = db.prepare(`
    INSERT INTO message_updates (site, id, at, event, message) VALUES (:site, :id, :at, :event, :message)
    ON CONFLICT DO UPDATE SET at = excluded.at, event = excluded.event, message = excluded.message
      WHERE (excluded.at, excluded.event) > (at, event)`);
  return {
    putPayment(p) {
      payment.run(p.seq, p.site, p.at, p.visitor, p.user, p.order, p.currency, p.micros);
    },
    putAgreement(a) {
      agreement.run(a.seq, a.site, a.visitor, a.at, JSON.stringify(a.said));
    },
    count(site, id, n, at) {
      count.run({ site, id, n, at });
    },
    update({ site, id, at, event, message }) {
      update.run({ site, id, at, event, message });
    },
  };
};
