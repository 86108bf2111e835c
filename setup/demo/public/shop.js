// The shop's own script: prices, stock, the order, and the strip that shows Turnpike at work.
const experiment = "pricing-headline";
const euros = new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" });

const getJson = async (path) => {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
};

// Throws an Error whose message is a sentence for the customer.
const purchase = async (order) => {
  const response = await fetch("/api/order", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(order),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? "The gate is stuck: please try again.");
  strip.sending("purchase");
  // The shop sells without the script, too: blocked, not loaded yet, or never included.
  window.tr?.outcome?.("purchase", {
    value: answer.total,
    currency: answer.currency,
    order_id: answer.order,
  });
  location.assign(`/thanks/?order=${encodeURIComponent(answer.order)}`);
};

const whileBusy = async (button, report, work) => {
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    // What the browser itself says of a server that is gone is "Failed to fetch".
    const isGone = error instanceof TypeError;
    report(isGone ? "Nobody answers: is the shop still open, and Turnpike running?" : error.message);
  }
  button.disabled = false;
};

// Pages

const showStock = async (line) => {
  const { bags } = await getJson("/api/stock");
  line.textContent = `${bags} ${bags === 1 ? "bag" : "bags"} left of Tuesday’s roast.`;
};

const readForm = (form) => {
  const data = new FormData(form);
  return { plan: data.get("plan"), quantity: Number(data.get("quantity")) };
};

const runCheckout = (form) => {
  const wanted = new URLSearchParams(location.search).get("plan");
  for (const input of form.elements.plan) if (input.value === wanted) input.checked = true;

  const showTotal = () => {
    const chosen = form.querySelector("input[name=plan]:checked");
    const total = Number(chosen.dataset.price) * Number(form.elements.quantity.value);
    document.getElementById("total").textContent = euros.format(total);
  };
  form.addEventListener("change", showTotal);
  // A page that comes back from the history keeps its choices, but not its total.
  window.addEventListener("pageshow", showTotal);

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const error = document.getElementById("order-error");
    error.textContent = "";
    const report = (sentence) => {
      error.textContent = sentence;
    };
    void whileBusy(event.submitter ?? form.querySelector("button"), report, () => purchase(readForm(form)));
  });
};

const thank = (line) => {
  const order = new URLSearchParams(location.search).get("order") ?? "";
  if (!/^TB-\d{1,9}$/.test(order)) return;
  line.textContent = `Order ${order} is on Tuesday’s list, and on Wednesday’s mail.`;
};

// The strip

const element = (tag, className, ...children) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
};

const fact = (...children) => element("span", "fact", ...children);

const button = (label, onPress) => {
  const node = element("button", "", label);
  node.type = "button";
  node.addEventListener("click", () => onPress(node));
  return node;
};

const startStrip = () => {
  const visitor = fact("asking the gateway who you are …");
  const variant = fact();
  const stored = element("span", "fact stored", "page_view on its way …");
  const admin = element("a", "", "see it live");
  admin.href = "http://127.0.0.1:8081/";
  const message = (text) => visitor.replaceChildren(text);

  // What grows stands last, and comes once it is known who is there: nothing that was read moves aside.
  const words = element("p", "", visitor);
  const another = button("be another visitor", (self) => whileBusy(self, message, becomeAnother));
  const buy = button("buy", (self) => {
    void whileBusy(self, message, () => purchase({ plan: "fortnight", quantity: 1 }));
  });
  const bar = element("aside", "strip", words, element("div", "strip-buttons", admin, another, buy));
  bar.setAttribute("aria-label", "Turnpike at work");
  document.body.append(bar);
  // The bar covers the foot of the page, which must stay readable above it however the bar wraps.
  new ResizeObserver(() => {
    document.body.style.setProperty("--strip-height", `${bar.offsetHeight}px`);
  }).observe(bar);

  let hasVisitor = false;
  const showVisitor = (tail) => {
    hasVisitor = Boolean(tail);
    if (!tail) {
      const why = navigator.globalPrivacyControl ? " (your browser asks not to be tracked)" : "";
      visitor.replaceChildren(`no visitor id${why}`);
      return;
    }
    const aside = element("span", "aside", " (cookie set by the server)");
    visitor.replaceChildren("visitor ", element("b", "", `…${tail}`), aside);
  };

  const showVariant = (name) => {
    if (name) variant.replaceChildren("variant ", element("b", "", name));
    visitor.after(...(name ? [variant, stored] : [stored]));
  };

  const askWho = () =>
    getJson("/tr/v1/x").then(
      (known) => {
        showVisitor(known.visitor);
        showVariant(known.variants[experiment]);
      },
      () => {
        message("the gateway does not answer");
        visitor.after(stored);
      },
    );
  void askWho();
  getJson("/api/demo").then(
    (demo) => {
      admin.href = demo.admin;
    },
    () => {}, // the usual address stays
  );

  // The page counts as loaded once its script was loaded, or could not be.
  const sayBlocked = () => {
    if (!window.tr) stored.replaceChildren("no page_view: something keeps the script from loading");
  };
  if (document.readyState === "complete") sayBlocked();
  else window.addEventListener("load", sayBlocked);

  let name = "page_view";
  watchCommits((ms) => {
    stored.replaceChildren(`${name} on disk in `, element("b", "", `${ms} ms`));
    // Who looks like a robot gets no id with the page, but with the answer to its first event.
    if (!hasVisitor) void askWho();
  });
  return {
    sending(next) {
      name = next;
    },
  };
};

const becomeAnother = async () => {
  const response = await fetch("/tr/v1/me", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ reset: true }),
  });
  if (!response.ok) throw new Error("the gateway did not let you go: please try again");
  location.reload();
};

// The collect answer says in `Server-Timing: commit` how long the event took to reach the disk.
const watchCommits = (show) => {
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (!entry.name.includes("/tr/v1/")) continue;
      const commit = entry.serverTiming?.find((timing) => timing.name === "commit");
      if (commit)
        show(commit.duration < 10 ? Number(commit.duration.toFixed(1)) : Math.round(commit.duration));
    }
  });
  observer.observe({ type: "resource", buffered: true });
};

const strip = startStrip();

const on = (id, run) => {
  const node = document.getElementById(id);
  if (node) run(node);
};
on("stock", (line) => {
  // Without the back end the line stays empty: the prices are in the page.
  showStock(line).catch(() => {});
});
on("order", runCheckout);
on("thanks-order", thank);
