# A worker that reaches a router on this machine, by the global fetch and by a service binding.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (services = [
  (name = "main", worker = (
    compatibilityDate = "2026-10-01",
    modules = [(name = "worker.js", esModule = embed "worker.js")],
    bindings = [(name = "ROUTER", service = "router")],
    globalOutbound = "network",
  )),
  (name = "router", external = (address = "127.0.0.1:PORT", http = ())),
  (name = "network", network = (allow = ["local"])),
]);
