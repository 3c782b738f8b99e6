/** Entry of the page. */
import "../../release-symbols.ts";
import { render } from "preact";
import { explainTab } from "../explain/tab.tsx";
import { planeTab } from "../plane/tab.tsx";
import { Story } from "../story/story.tsx";
import { trainTab } from "../train/tab.tsx";
import { Address } from "./address.ts";
import { Shell } from "./shell.tsx";

const root = document.getElementById("studio");
if (root === null) throw new Error("unreachable: a page without its root");
const address = new Address(window);
const ofStory = address.of("story");
const isTold = new URLSearchParams(window.location.search).has("story");
const shell = (
  <Shell tabs={[explainTab, trainTab, planeTab]} address={address} document={document}>
    {(show) => isTold && <Story address={ofStory} onShow={show} />}
  </Shell>
);
render(shell, root);
