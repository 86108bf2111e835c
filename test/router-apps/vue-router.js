// A small application on vue-router, for test/track-routers.test.ts.
import { createApp, h, onMounted } from "vue";
import { createRouter, createWebHistory, RouterLink, RouterView } from "vue-router";

const screen = (name) => ({
  setup() {
    onMounted(() => {
      document.title = name;
    });
    return () => h("h1", name);
  },
});
const links = { a: "/a", b: "/b?page=2", same: "/a", old: "/old" };
const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: "/start", component: screen("start") },
    { path: "/a", component: screen("a") },
    { path: "/b", component: screen("b") },
    { path: "/old", redirect: "/b?page=2" },
  ],
});
createApp({
  render: () =>
    h("div", [
      ...Object.entries(links).map(([id, to]) => h(RouterLink, { id, to }, () => id)),
      h(RouterView),
    ]),
})
  .use(router)
  .mount("#app");
