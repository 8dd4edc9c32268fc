import process from "node:process";
import { join } from "node:path";
import { ChildPeer } from "./child_peer.ts";
import { folderOf, goDriver, peers, pythonOf } from "./install.ts";
import type { Ability } from "./peer.ts";
import { everything } from "./peer.ts";

/** autobahn-js. */
export function autobahnJs(): ChildPeer {
  return new ChildPeer({
    name: "autobahn-js",
    version: "26.3.1",
    // It takes the ERROR that answers its own killnowait for a violation.
    can: without("interrupt", "cancel_killnowait"),
    command: [process.execPath, join(peers, "npm", "autobahn_driver.cjs")],
    env: { INTEROP_NPM: folderOf("npm") },
  });
}

/** wampy.js. */
export function wampyJs(): ChildPeer {
  return new ChildPeer({
    name: "wampy.js",
    version: "8.0.2",
    // It drops options that are false, retain, and force_reregister.
    can: without("interrupt", "force_reregister", "exclude_me", "retains"),
    command: [process.execPath, join(peers, "npm", "wampy_driver.cjs")],
    env: { INTEROP_NPM: folderOf("npm") },
  });
}

/** autobahn-python, on one of its two frameworks. */
export function autobahnPython(framework: "asyncio" | "twisted"): ChildPeer {
  return new ChildPeer({
    name: `autobahn-python (${framework})`,
    version: "26.10.2",
    // Its cancel has no mode; its CALL has no disclose_me.
    can: without("cancel_killnowait", "discloses"),
    command: [pythonOf("python/autobahn"), join(peers, "python", "autobahn_driver.py"), framework],
  });
}

/** swampyer, the client below izaber-wamp. Of a RESULT it gives the first argument, of an ERROR the arguments. */
export function swampyer(): ChildPeer {
  return new ChildPeer({
    name: "swampyer",
    version: "3.1.20260922",
    // An event that comes right behind SUBSCRIBED finds no handler yet, and so it loses what is retained. Each event has a thread of its own.
    can: without(
      "ordered_events",
      "retained",
      "result_kwargs",
      "error_uri",
      "error_details",
      "progress_caller",
      "progress_callee",
      "cancel",
      "interrupt",
      "timeout",
    ),
    command: [pythonOf("python/izaber"), join(peers, "python", "swampyer_driver.py")],
  });
}

/** The client of gammazero/nexus. */
export function gammazero(): ChildPeer {
  return new ChildPeer({
    name: "gammazero/nexus",
    version: "3.2.2",
    // An event that comes right behind SUBSCRIBED finds no handler yet, and so it loses what is retained.
    can: without("retained"),
    command: [goDriver],
  });
}

/** noisyboiler's wampy: publishes kwargs alone, serves one value and kwargs of its own, and never unregisters. */
export function wampyPython(): ChildPeer {
  return new ChildPeer({
    name: "wampy (Python)",
    version: "1.1.0",
    can: ["caller", "callee", "publisher", "subscriber", "call_kwargs", "error_uri", "ordered_events", "shared"],
    command: [pythonOf("python/wampy"), join(peers, "python", "wampy_driver.py")],
  });
}

function without(...lacking: readonly Ability[]): Ability[] {
  return everything.filter((one) => !lacking.includes(one));
}
