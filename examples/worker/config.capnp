# How workerd runs worker.js, the bundle of worker.ts; how to make it stands there.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "worker", worker = .worker),
    # Without "private" a worker reaches public addresses only, and not a Nexus on this machine.
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "worker")],
);

const worker :Workerd.Worker = (
  compatibilityDate = "2026-10-01",
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  bindings = [
    (name = "NEXUS_URL", fromEnvironment = "NEXUS_URL"),
    (name = "NEXUS_USER", fromEnvironment = "NEXUS_USER"),
    (name = "NEXUS_PASSWORD", fromEnvironment = "NEXUS_PASSWORD"),
  ],
);
