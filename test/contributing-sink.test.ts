/** The example of CONTRIBUTING.md is taken out of the document, and run: as a plugin of the gateway, and as any sink. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { loadPlugins } from "../gateway/sink/plugins.ts";
import { sinkContract } from "../gateway/sink/sink.contract.ts";
import type { SinkEvent } from "../gateway/sink/sink.ts";
import { personAgent, root } from "./gateway.ts";
import { waitFor } from "./wait-for.ts";
import { withGateway } from "./with-gateway.ts";

const document = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");

const blockOf = (language: string): string =>
  new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(document)?.[1] ?? "";

const program = blockOf("ts");
const settings = JSON.parse(blockOf("json")) as {
  readonly plugins: readonly [string];
  readonly sinks: readonly [{ readonly type: string; readonly settings: { readonly table: string } }];
};

/** Takes inserts as ClickHouse does. */
const startWarehouse = async () => {
  const warehouse = { rows: [] as SinkEvent[], isRefusing: false, url: "", close: () => {} };
  const server = createServer(async (req, res) => {
    const lines = (await text(req)).split("\n");
    const query = new URL(req.url ?? "", "http://localhost").searchParams.get("query") ?? "";
    if (warehouse.isRefusing || !query.startsWith("INSERT INTO events "))
      return void res.writeHead(500).end("no\nno");
    warehouse.rows.push(...lines.map((line) => JSON.parse(line) as SinkEvent));
    res.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  warehouse.url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  warehouse.close = () => {
    server.close();
    server.closeAllConnections();
  };
  return warehouse;
};

const folderWithPlugin = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-example-"));
  writeFileSync(join(folder, settings.plugins[0]), program);
  return folder;
};

test("the example has about thirty lines", () => {
  assert.ok(program.split("\n").length <= 32, program);
});

sinkContract("the example of CONTRIBUTING.md", async () => {
  const folder = folderWithPlugin();
  const warehouse = await startWarehouse();
  const [{ type, settings: own }] = settings.sinks;
  const plugins = [join(folder, settings.plugins[0])];
  return {
    settings: { type, settings: { ...own, url: warehouse.url } },
    plugins,
    async open() {
      const make = (await loadPlugins(plugins, folder)).get(type);
      assert.ok(make, "the type is the one of the settings beside it");
      return make({ ...own, url: warehouse.url, id: "warehouse" });
    },
    taken: () => warehouse.rows,
    refuse(isRefusing) {
      warehouse.isRefusing = isRefusing;
    },
    close() {
      warehouse.close();
      rmSync(folder, { recursive: true });
    },
  };
});

test("the gateway loads the example by the settings beside it, and hands it what it stores", async (t) => {
  const folder = folderWithPlugin();
  const warehouse = await startWarehouse();
  t.after(() => {
    warehouse.close();
    rmSync(folder, { recursive: true });
  });
  const [sink] = settings.sinks;
  const sinks = [{ ...sink, settings: { ...sink.settings, url: warehouse.url } }];
  const config = join(folder, "config.json");
  writeFileSync(config, JSON.stringify({ tls: "off", ...settings, sinks }));
  await withGateway({ args: ["--config", config], data: join(folder, "data") }, async ({ url }) => {
    const answer = await fetch(`${url}/tr/v1/`, {
      method: "POST",
      body: JSON.stringify({ ename: "click", vid: "visitor-1" }),
      headers: { "user-agent": personAgent },
    });
    assert.equal(answer.status, 200);
    const row = await waitFor(() => warehouse.rows[0], "the event");
    assert.deepEqual([row["name"], row["client_id"], row["property_id"]], ["click", "visitor-1", "main"]);
  });
});
