/** Small words for building the page. Data enters as text nodes only, never as markup. */
type Child = Node | string;

/** An element with a class (empty for none) and children. */
export const make = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
};

/** An SVG element with attributes and children. */
export const makeSvg = (
  tag: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly Node[]
): SVGElement => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
};

/** The element of index.html with this id; a missing one is a mistake in our own page. */
export const byId = (id: string): HTMLElement => {
  const node = document.getElementById(id);
  if (!node) throw new Error(`dashboard: the page has no element with the id ${id}`);
  return node;
};

/** Writes a text only where it differs, so that a selection and a screen reader are left in peace. */
export const setText = (node: Element, text: string): void => {
  if (node.textContent !== text) node.textContent = text;
};

/** Points a link at an address of the web and shows it; anything else is shown as text without a link. */
export const setLink = (link: HTMLElement, address: string): void => {
  setText(link, address.replace(/\/$/, ""));
  if (/^https?:\/\//.test(address)) link.setAttribute("href", address);
  else link.removeAttribute("href");
};

/** Runs `draw` only when the data changed since the last call. */
export const whenChanged = <T>(draw: (data: T) => void): ((data: T) => void) => {
  let last: string | undefined;
  return (data) => {
    const text = JSON.stringify(data);
    if (text === last) return;
    last = text;
    draw(data);
  };
};
