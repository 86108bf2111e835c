import type { Command } from "commander";
import { systemClock } from "../lib/clock.ts";
import { printable } from "../lib/printable.ts";
import { lagOf } from "../sink-lag.ts";
import type { SinkPlace } from "../store/sink-table.ts";
import { type Context, say } from "./context.ts";
import { openData } from "./open-data.ts";
import { type SettingsOptions, settingsFor, withSettingsOptions } from "./settings-options.ts";
import { alignTable } from "./table.ts";

/** `turnpike sinks`: where each sink stands, as kept by the gateway that runs or ran. */
export const addSinks = (program: Command, { io, run }: Context): void => {
  withSettingsOptions(
    program
      .command("sinks")
      .description("show how far each sink is behind the stored events, and its last error"),
  ).action(
    run((options: SettingsOptions) => {
      const { sinks } = settingsFor(options);
      const reader = openData(options);
      try {
        const kept = reader.report("sinks", {}) as unknown as readonly SinkPlace[]; // the report's columns
        const types = new Map(sinks.map(({ id, type }) => [id, type]));
        const unknown = sinks.filter(({ id }) => !kept.some((place) => place.id === id));
        const now = systemClock();
        const rows = [
          ...kept.map((place) =>
            rowOf(place, types.get(place.id) ?? "not in the settings", lagOf(reader, place, now)),
          ),
          ...unknown.map(({ id, type }) => [id, type, "-", "-", "-", "-", "-", "not started yet"]),
        ];
        say(
          io,
          rows.length === 0
            ? "there are no sinks: `sinks` in the settings names them"
            : alignTable([head, ...rows]),
        );
      } finally {
        reader.close();
      }
      return Promise.resolve(0);
    }),
  );
};

const head = ["sink", "type", "at event", "behind", "seconds", "failures", "missed", "last error"];

const rowOf = (
  { id, seq, failures, missed, lastError, lastErrorAt }: SinkPlace,
  type: string,
  { lagEvents, lagSeconds }: ReturnType<typeof lagOf>,
): readonly string[] => [
  id,
  type,
  String(seq),
  String(lagEvents),
  lagSeconds.toFixed(1),
  String(failures),
  String(missed),
  lastError === null
    ? "none"
    : printable(`${new Date(lastErrorAt ?? 0).toISOString().slice(0, 19)}Z ${lastError}`),
];
