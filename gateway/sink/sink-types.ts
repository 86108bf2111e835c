/** The types that need no plugin, and the settings that belong to each alone. */
export const shippedTypes = {
  console: [],
  file: ["path", "megabytes", "files"],
  webhook: ["url", "secret", "privateHosts"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Any other type is of a plugin. */
export const isShipped = (type: string): boolean => Object.hasOwn(shippedTypes, type);

/** A plugin is a file where it looks like one, else a package. */
export const isPluginFile = (plugin: string): boolean => /^(\.{0,2}\/|file:)/.test(plugin);
