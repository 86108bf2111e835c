import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import type { Reach, Role } from "../model/token.ts";
import { type Context, say, warn } from "./context.ts";
import { type SettingsOptions, settingsFor, withSettingsOptions } from "./settings-options.ts";
import { alignTable } from "./table.ts";
import { withWriting } from "./writing.ts";

/** `turnpike token`: makes, lists and revokes the tokens of the admin listener. */
export const addToken = (program: Command, { io, run }: Context): void => {
  const token = program.command("token").description("make, list and revoke tokens for the admin API");
  const name = () => new Argument("<name>", "what the token is called").argParser(readName);

  withSettingsOptions(
    token.command("create").description("make a token and print it, once").addArgument(name()),
  )
    .addOption(
      new Option("-r, --role <role>", "what it may do").choices(["read", "write", "admin"]).default("read"),
    )
    .option("--site <id>", "for this site only; once for each of several", addSite)
    .action(
      run(async (called: string, options: SettingsOptions & { role: Role; site?: readonly string[] }) => {
        const token = { name: called, role: options.role, sites: options.site ?? null };
        const made = await withWriting(settingsFor(options), io, (w) => w.createToken(token), {
          begin: true,
        });
        warn(io, `Keep it: it cannot be shown again. \`turnpike token revoke ${called}\` ends it.`);
        say(io, made);
        return 0;
      }),
    );

  withSettingsOptions(
    token.command("list").description("list the tokens; their secrets are not kept"),
  ).action(
    run(async (options: SettingsOptions) => {
      const tokens = await withWriting(settingsFor(options), io, (w) => w.listTokens());
      const rows = tokens.map((t) => [t.name, t.role, sitesOf(t.sites), new Date(t.created).toISOString()]);
      say(io, alignTable([["NAME", "ROLE", "SITES", "CREATED"], ...rows]));
      return 0;
    }),
  );

  withSettingsOptions(token.command("revoke").description("end a token").addArgument(name())).action(
    run(async (called: string, options: SettingsOptions) => {
      const wasThere = await withWriting(settingsFor(options), io, (w) => w.revokeToken(called));
      if (wasThere) say(io, `token ${called} revoked`);
      else warn(io, `token: there is none called ${called}: \`turnpike token list\` shows them`);
      return wasThere ? 0 : 1;
    }),
  );
};

const addSite = (site: string, before: readonly string[] = []): readonly string[] => [...before, site];

const sitesOf = (sites: Reach): string => sites?.join(", ") ?? "all";

const readName = (text: string): string => {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return text;
  throw new InvalidArgumentError("expected letters, digits, . _ or -, at most 64.");
};
