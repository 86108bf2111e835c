// A small application on wouter, for test/track-routers.test.ts.
import { createElement as h, useEffect } from "react";
import { createRoot } from "react-dom/client";
import { Link, Redirect, Route, Switch } from "wouter";

const Screen = ({ name }) => {
  useEffect(() => {
    document.title = name;
  });
  return h("h1", null, name);
};
const links = { a: "/a", b: "/b?page=2", same: "/a", old: "/old" };
const route = (path, child) => h(Route, { key: path, path }, child);
createRoot(document.getElementById("app")).render(
  h(
    "div",
    null,
    ...Object.entries(links).map(([id, to]) => h(Link, { key: id, id, to }, id)),
    h(
      Switch,
      null,
      route("/start", h(Screen, { name: "start" })),
      route("/a", h(Screen, { name: "a" })),
      route("/b", h(Screen, { name: "b" })),
      route("/old", h(Redirect, { to: "/b?page=2", replace: true })),
    ),
  ),
);
