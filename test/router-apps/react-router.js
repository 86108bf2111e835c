// A small application on react-router, for test/track-routers.test.ts.
import { createElement as h, useEffect } from "react";
import { createRoot } from "react-dom/client";
import { createBrowserRouter, Link, Navigate, Outlet, RouterProvider } from "react-router";

const Screen = ({ name }) => {
  useEffect(() => {
    document.title = name;
  });
  return h("h1", null, name);
};
const links = { a: "/a", b: "/b?page=2", same: "/a", old: "/old" };
const Layout = () =>
  h("div", null, ...Object.entries(links).map(([id, to]) => h(Link, { key: id, id, to }, id)), h(Outlet));
const router = createBrowserRouter([
  {
    element: h(Layout),
    children: [
      { path: "/start", element: h(Screen, { name: "start" }) },
      { path: "/a", element: h(Screen, { name: "a" }) },
      { path: "/b", element: h(Screen, { name: "b" }) },
      { path: "/old", element: h(Navigate, { to: "/b?page=2", replace: true }) },
    ],
  },
]);
createRoot(document.getElementById("app")).render(h(RouterProvider, { router }));
