# A worker that visits a router on this machine.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (services = [
  (name = "visitor", worker = (
    compatibilityDate = "2026-10-01",
    modules = [(name = "worker.js", esModule = embed "worker.js")],
  )),
  (name = "internet", network = (allow = ["private"])),
]);
