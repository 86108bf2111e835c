/** A document that nobody sees, through which the background reaches the clipboard. */
chrome.runtime.onMessage.addListener((message, _sender, answer) => {
  const text =
    typeof message === "object" && message !== null && "copy" in message ? String(message.copy) : "";
  const area = document.querySelector("textarea");
  if (!area || !text) return;
  area.value = text;
  area.select();
  // navigator.clipboard wants a focused document, which a hidden one never is.
  answer(document.execCommand("copy"));
});
