import type { Tab } from "../app/tab.ts";

export const planeTab: Tab = {
  id: "plane",
  title: "Plane",
  make: ({ status }) => {
    status.begin("starting").done();
    return () => <p class="lead">To come.</p>;
  },
};
