import { CommandError } from "./commands/context.ts";
import type { Config } from "./config/schema.ts";
import { unknownType } from "./sink/make-sink.ts";
import { makeMs } from "./sink/runner.ts";
import type { SinkSettings } from "./sink/settings.ts";
import { isShipped } from "./sink/sink-types.ts";
import { startThread } from "./sink-worker.ts";

export const isOfPlugin = ({ type }: SinkSettings): boolean => !isShipped(type);

/** Rejects with one sentence where a plugin cannot be loaded, or gives none of the types that are asked for. */
export const refuseUnusable = async (
  { sinks, plugins }: Pick<Config, "sinks" | "plugins">,
  folder: string,
): Promise<void> => {
  if (plugins.length === 0) return;
  const types = await lookAt(plugins, folder);
  for (const { id, type } of sinks.filter(isOfPlugin)) {
    if (!types.includes(type)) throw new CommandError(unknownType(id, type, types), "used wrongly");
  }
};

/** Looks at the plugins in a thread, whatever they do when they are loaded. */
const lookAt = (plugins: readonly string[], folder: string): Promise<readonly string[]> =>
  new Promise((resolve, reject) => {
    const refuse = (sentence: string) => finish(() => reject(new CommandError(sentence, "used wrongly")));
    const thread = startThread(
      { kind: "look", plugins, folder },
      {
        told(message) {
          if (message.kind === "types") finish(() => resolve(message.types));
          if (message.kind === "unusable") refuse(message.sentence);
        },
        ended: (sentence) => refuse(`plugins: ${plugins.join(", ")} cannot be loaded: ${sentence}`),
      },
    );
    const finish = (then: () => void) => {
      clearTimeout(timer);
      void thread.end();
      then();
    };
    const timer = setTimeout(
      () => refuse(`plugins: ${plugins.join(", ")} cannot be loaded within ${makeMs / 1000} s`),
      makeMs,
    );
  });
