/** Entry of the page. */
import "../../release-symbols.ts";
import { render } from "preact";
import { explainTab } from "../explain/tab.tsx";
import { trainTab } from "../train/tab.tsx";
import { Address } from "./address.ts";
import { Shell } from "./shell.tsx";

const root = document.getElementById("studio");
if (root === null) throw new Error("unreachable: a page without its root");
render(<Shell tabs={[explainTab, trainTab]} address={new Address(window)} document={document} />, root);
