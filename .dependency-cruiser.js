/**
 * What a room may import: itself, lib and model; http if it knows HTTP. Rooms meet in the files beside them
 * (main, start, app, writer, …) and in commands. Exceptions are listed here and in ARCHITECTURE.md.
 */
const rooms = (names) => `^gateway/(${names.join("|")})/`;
const knowHttp = [
  "listen",
  "limit",
  "route",
  "middleware",
  "proxy",
  "static",
  "links",
  "document",
  "observe",
  "collect",
  "api",
];
const pure = [
  "decode",
  "enrich",
  "identity",
  "sessionize",
  "sink",
  "store",
  "report",
  "experiment",
  "records",
  "access-log",
  "metrics",
];
const all = [...knowHttp, ...pure];

/** A room must not import what lies in another room or beside the rooms. */
const walls = all.map((room) => {
  const shared = ["lib", "model", ...(knowHttp.includes(room) ? ["http"] : [])];
  const extra = { api: ["report", "experiment"], report: ["store"] }[room] ?? [];
  return {
    name: `${room}-stays-in-its-room`,
    severity: "error",
    from: { path: `^gateway/${room}/`, pathNot: "\\.test\\.ts$" },
    to: {
      path: "^(gateway|setup|test|bench|tracker-js|dashboard|chrome-extension)/",
      pathNot: rooms([room, ...shared, ...extra]),
    },
  };
});

export default {
  forbidden: [
    ...walls,
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "lib-imports-nothing-of-ours",
      severity: "error",
      from: { path: "^gateway/lib/" },
      to: { path: "^(gateway|setup|test)/", pathNot: "^gateway/lib/" },
    },
    {
      name: "model-and-http-import-only-lib",
      severity: "error",
      from: { path: "^gateway/model/" },
      to: { path: "^(gateway|setup|test)/", pathNot: "^gateway/(lib|model)/" },
    },
    {
      name: "http-imports-only-lib-and-model",
      severity: "error",
      from: { path: "^gateway/http/" },
      to: { path: "^(gateway|setup|test)/", pathNot: "^gateway/(lib|model|http)/" },
    },
    {
      name: "config-imports-settings-only",
      severity: "error",
      from: { path: "^gateway/config/", pathNot: "\\.test\\.ts$" },
      to: { path: "^gateway/", pathNot: "^gateway/(config|lib|model)/|/settings\\.ts$" },
    },
    {
      name: "commands-do-not-start-the-gateway",
      severity: "error",
      from: { path: "^gateway/commands/", pathNot: "\\.test\\.ts$" },
      to: { path: "^gateway/(start|main|app|writer)\\.ts$" },
    },
    {
      name: "only-store-opens-the-database",
      severity: "error",
      from: { pathNot: "^gateway/store/|^bench/" },
      to: { path: "node_modules/better-sqlite3" },
    },
    {
      name: "browser-code-takes-only-types",
      severity: "error",
      from: { path: "^(tracker-js|dashboard|chrome-extension)/", pathNot: "\\.test\\.ts$" },
      to: { path: "^(gateway|setup|test|bench)/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-test-code-in-the-product",
      severity: "error",
      from: { path: "^gateway/", pathNot: "\\.test\\.ts$|/(test-|fake-)" },
      to: { path: "^(test|bench)/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^dist/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      extensions: [".ts", ".js"],
      exportsFields: ["exports"],
      conditionNames: ["import", "node"],
    },
  },
};
