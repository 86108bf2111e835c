/** The popup: a form, the link it makes as one types, and a button that copies it. */
import { type LinkFields, parameters, type TrackedLink, trackedLink } from "./grammar.ts";
import { isKind, loadLastUsed, saveLastUsed } from "./last-used.ts";

const find = <E extends Element>(id: string, type: new () => E): E => {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`popup: #${id} is missing`);
  return element;
};

const form = find("form", HTMLFormElement);
const preview = find("preview", HTMLOutputElement);
const copyButton = find("copy", HTMLButtonElement);
const copiedMs = 1500;

const input = (name: string): HTMLInputElement => {
  const element = form.querySelector(`input[name="${name}"]`);
  if (!(element instanceof HTMLInputElement)) throw new Error(`popup: field ${name} is missing`);
  return element;
};

const readForm = (): LinkFields => {
  const data = new FormData(form);
  const text = (name: string) => String(data.get(name) ?? "");
  const kind = text("kind");
  return {
    url: text("url"),
    kind: isKind(kind) ? kind : "internal",
    tracker: text("tracker"),
    plain: data.has("plain"),
    tags: Object.fromEntries(parameters.map(({ name }) => [name, text(name)])),
  };
};

const fillForm = ({ url, kind, tracker, plain, tags }: LinkFields): void => {
  input("url").value = url;
  input("tracker").value = tracker;
  input("plain").checked = plain;
  for (const radio of form.querySelectorAll<HTMLInputElement>('input[name="kind"]'))
    radio.checked = radio.value === kind;
  for (const { name } of parameters) input(name).value = tags[name] ?? "";
  const hidden = form.querySelectorAll<HTMLInputElement>("#more input");
  find("more", HTMLDetailsElement).open = [...hidden].some(({ value }) => value !== "");
};

const show = (): TrackedLink => {
  const fields = readForm();
  const made = trackedLink(fields);
  find("through", HTMLElement).hidden = fields.kind === "internal";
  for (const id of ["plain-row", "no-redirects"]) find(id, HTMLElement).hidden = fields.kind !== "external";
  for (const { name } of form.querySelectorAll("input")) input(name).ariaInvalid = null;
  copyButton.textContent = "Copy link";
  copyButton.disabled = made.kind === "mistake";
  preview.classList.toggle("mistake", made.kind === "mistake");
  if (made.kind === "link") showLink(made.link);
  else {
    preview.textContent = made.sentence;
    input(made.field).ariaInvalid = "true";
  }
  return made;
};

/** The link with what we added in colour. */
const showLink = (link: string): void => {
  const [before = "", ...rest] = link.split(/(?<=[?&])(?=gu=1)/);
  const mark = document.createElement("mark");
  mark.textContent = rest.join("");
  preview.replaceChildren(before, mark);
};

const copyLink = async (): Promise<void> => {
  const made = show();
  if (made.kind === "mistake") return;
  await saveLastUsed(readForm()).catch(() => {}); // the link is what was asked for
  try {
    await navigator.clipboard.writeText(made.link);
    copyButton.textContent = "Copied";
  } catch {
    // It says so until something is typed: the other hand is on its way to the keys.
    getSelection()?.selectAllChildren(preview);
    copyButton.textContent = "Selected: press Ctrl+C";
    return;
  }
  setTimeout(() => {
    copyButton.textContent = "Copy link";
  }, copiedMs);
};

const currentAddress = async (): Promise<string> => {
  const given = new URLSearchParams(location.search).get("url");
  if (given !== null) return given;
  const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
  return tab?.url ?? "";
};

const start = async (): Promise<void> => {
  fillForm({ ...(await loadLastUsed()), url: await currentAddress() });
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void copyLink();
  });
  find("clear", HTMLButtonElement).addEventListener("click", () => {
    fillForm({ ...readForm(), tags: {} });
    show();
  });
  show();
  form.inert = false; // what is typed before would be written over
};

void start();
