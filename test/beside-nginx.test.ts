/** A real nginx and the gateway with the same rules, asked the same. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Answer, ask } from "./ask.ts";
import { freePort } from "./free-port.ts";
import { startLiveApp } from "./live-app.ts";
import { hasNginx } from "./nginx.ts";
import { startUpstream } from "./upstream.ts";
import { waitFor } from "./wait-for.ts";

const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin:/usr/local/sbin` };

/** Starts nginx with the locations, in which `FOLDER` is the files'; answers its URL. */
const startNginx = async (
  t: TestContext,
  locations: string,
  files: Readonly<Record<string, string>>,
): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-nginx-"));
  chmodSync(folder, 0o755);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const port = await freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(" ");
  writeFileSync(
    join(folder, "nginx.conf"),
    `${process.getuid?.() === 0 ? "user root;" : ""}
daemon off; worker_processes 1; pid ${folder}/pid;
events { worker_connections 64; }
http { access_log off; ${temporary} types { text/html html; text/css css; } absolute_redirect off;
server { listen 127.0.0.1:${port}; root ${folder}/public; ${locations.replaceAll("FOLDER", folder)} } }`,
  );
  const child = spawn(
    "nginx",
    ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", join(folder, "error.log")],
    {
      env,
      stdio: "ignore",
    },
  );
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  t.after(async () => {
    child.kill("SIGTERM");
    await exited;
    rmSync(folder, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${port}`;
  await waitFor(
    () =>
      ask(url).then(
        () => true,
        () => child.exitCode !== null && assert.fail("nginx ended"),
      ),
    "nginx",
  );
  return url;
};

const files = {
  "public/index.html": "the index",
  "public/a b.html": "with a blank",
  "public/app.css": "p { color: teal }",
  "public/50x.html": "our own 50x",
  "public/404.html": "our own 404",
};

const seen = ({ status, headers, text }: Answer) => ({
  status,
  location: headers.location,
  // The plain sentence of an error is each server's own.
  text: status < 300 || text.startsWith("our own") ? text : "",
  vary: headers["content-encoding"] === undefined ? undefined : headers.vary,
  coding: headers["content-encoding"],
});

test("rules carried over from nginx answer as they did there", {
  skip: !hasNginx() && "there is no nginx",
}, async (t) => {
  const page = "the same words again and again, ".repeat(60);
  const up = await startUpstream((req, res) =>
    req.url?.startsWith("/fails")
      ? res.writeHead(503).end("its own words")
      : res.writeHead(200, { "content-type": "text/html" }).end(`${req.url} ${page}`),
  );
  t.after(() => up.close());
  const nginx = await startNginx(
    t,
    `location /files/ { alias FOLDER/public/; }
     location /app/ { try_files $uri /index.html; }
     location /www { return 301 https://www.shop.example$request_uri; }
     location /old/ { rewrite ^/old/(.*)$ /new/$1 redirect; }
     location /ok { default_type text/plain; return 200 "ok\\n"; }
     location /gone { return 410; }
     location /v1/ { proxy_pass ${up.url}/v2/; gzip on; gzip_min_length 512; gzip_vary on; gzip_types text/html; gzip_proxied any; }
     location /closed { deny 127.0.0.0/8; try_files $uri =404; }
     location /down { proxy_pass http://127.0.0.1:9; error_page 502 /50x.html; }
     location /own { proxy_pass ${up.url}/fails; proxy_intercept_errors on; error_page 503 /50x.html; }
     error_page 404 /404.html;`,
    files,
  );
  const proxy = { upstreams: [up.url] };
  const own = { dir: "./public", notFound: null };
  const app = await startLiveApp(
    {
      sites: [{ id: "main", errorPages: { "404": "./public/404.html" } }],
      routes: [
        { path: "/files/", static: { ...own, strip: true } },
        { path: "/app/", static: { ...own, fallback: "index.html" } },
        { path: "/www", redirect: [{ pattern: "^(/.*)$", to: "https://www.shop.example$1", status: 301 }] },
        { path: "/old/", redirect: [{ pattern: "^/old/(.*)$", to: "/new/$1", status: 302 }] },
        { path: "/ok", respond: { body: "ok\n" } },
        { path: "/gone", respond: { status: 410 } },
        { path: "/v1/", proxy: { ...proxy, rewrite: "/v2/" }, compress: { minBytes: 512 } },
        { path: "/closed", static: own, deny: ["127.0.0.0/8"] },
        {
          path: "/down",
          proxy: { upstreams: ["http://127.0.0.1:9"] },
          errorPages: { "502": "./public/50x.html" },
        },
        {
          path: "/own",
          proxy: { ...proxy, rewrite: "/fails" },
          errorPages: { "503": "./public/50x.html" },
          interceptErrors: true,
        },
        { path: "/", static: own },
      ],
    },
    files,
  );
  t.after(() => app.close());
  const asked = [
    "/",
    "/files/app.css",
    "/files/a%20b.html",
    "/files/none",
    "/app/any/where",
    "/www/cart?a=1",
  ];
  asked.push("/old/cart", "/ok", "/gone", "/v1/cart?a=1", "/closed", "/down", "/own", "/none");
  for (const path of asked) {
    for (const headers of [{}, { "accept-encoding": "gzip" }] as Record<string, string>[]) {
      const [theirs, ours] = await Promise.all([
        ask(nginx + path, { headers }),
        ask(app.url + path, { headers }),
      ]);
      const isPacked = theirs.headers["content-encoding"] !== undefined;
      assert.deepEqual(
        { ...seen(ours), ...(isPacked && { text: "" }) },
        { ...seen(theirs), ...(isPacked && { text: "" }) },
        `${path} ${JSON.stringify(headers)}`,
      );
    }
  }
});
