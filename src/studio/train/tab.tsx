import type { Tab } from "../app/tab.ts";

export const trainTab: Tab = {
  id: "train",
  title: "Train",
  make: ({ status }) => {
    status.begin("starting").done();
    return () => <p class="lead">To come.</p>;
  },
};
