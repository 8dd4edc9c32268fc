// Drives wampy.js.
"use strict";
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");
const { failure, load, note, serve } = require("./lines.cjs");
const { Wampy } = load("wampy");
const WebSocket = load("ws");

const WAMPCRA = "node_modules/wampy/dist/esm/auth/wampcra/wampy-cra.js";
let wampy, raised;
const procedures = new Map(), topics = new Map(), calls = new Map();

const deeds = {
  echo: ({ argsList, argsDict }) => ({ argsList, argsDict }),
  add: ({ argsList }) => ({ argsList: [argsList[0] + argsList[1]] }),
  fail: () => {
    throw { error: "com.example.error.custom", argsList: ["sorry", 42], argsDict: { why: "test" } };
  },
  who: ({ details }) => ({
    argsList: [{
      caller: details.caller ?? null,
      caller_authid: details.caller_authid ?? null,
      procedure: details.procedure,
    }],
  }),
  count: ({ result_handler: send }) => {
    for (const step of [1, 2, 3]) send({ argsList: [step], options: { progress: true } });
    send({ argsList: ["done"], options: { progress: false } });
    return null;
  },
};

function serializer(name) {
  const { JsonSerializer } = load("wampy/JsonSerializer.js");
  const { MsgpackSerializer } = load("wampy/MsgpackSerializer.js");
  const { CborSerializer } = load("wampy/CborSerializer.js");
  return new { json: JsonSerializer, msgpack: MsgpackSerializer, cbor: CborSerializer }[name]();
}

function credentials({ method, authid, secret, publicKey }) {
  switch (method) {
    case "anonymous":
      return {};
    case "ticket":
      return { authid, authmethods: ["ticket"], onChallenge: () => secret };
    case "wampcra": {
      // Its wampcra cannot be required: it awaits at its top level.
      const plugin = import(pathToFileURL(join(process.env.INTEROP_NPM, WAMPCRA)));
      return {
        authid,
        authmethods: ["wampcra"],
        onChallenge: async (...given) => (await plugin).sign(secret)(...given),
      };
    }
    case "cryptosign":
      return {
        authid,
        authmethods: ["cryptosign"],
        authextra: { pubkey: publicKey },
        onChallenge: load("wampy/cryptosign.js").sign(secret),
      };
  }
}

async function told(work) {
  try {
    return await work;
  } catch (error) {
    const uri = error?.errorUri ?? error?.error;
    if (uri === undefined) throw error;
    throw failure(uri, error.message ?? uri, error.argsList ?? [], error.argsDict ?? {});
  }
}

/** It cannot unsubscribe what was subscribed with `{}`. */
function optional(options) {
  return Object.keys(options).length === 0 ? undefined : options;
}

function payload({ argsList, argsDict }) {
  return { args: argsList ?? [], kwargs: argsDict ?? {} };
}

serve({
  open: async ({ url, realm, serializer: name, auth, reconnect }) => {
    wampy = new Wampy(url, {
      realm,
      ws: WebSocket,
      serializer: serializer(name),
      uriValidation: "loose",
      autoReconnect: Boolean(reconnect),
      reconnectInterval: 200,
      maxRetries: 100,
      onError: (error) => {
        raised = error;
      },
      ...credentials(auth),
    });
    const welcome = await told(wampy.connect());
    return {
      session: wampy.getSessionId(),
      authid: welcome?.authid ?? null,
      authrole: welcome?.authrole ?? null,
      authmethod: welcome?.authmethod ?? null,
    };
  },
  call: async ({ key, uri, args, kwargs, options }) => {
    const { progress, ...rest } = options;
    const steps = [];
    const running = wampy.call(uri, { argsList: args, argsDict: kwargs }, {
      ...rest,
      ...(progress ? { progress_callback: (step) => void steps.push(payload(step)) } : {}),
    });
    calls.set(key, wampy.getOpStatus().reqId);
    const result = await told(running);
    return { ...payload(result), progress: steps };
  },
  cancel: ({ key, mode }) => void wampy.cancel(calls.get(key), { mode }),
  register: async ({ key, uri, does, options }) => {
    const run = does.startsWith("say:")
      ? () => ({ argsList: [does.slice(4)] })
      : does === "note"
      ? ({ argsList, argsDict }) => {
        note(key, { args: argsList ?? [], kwargs: argsDict ?? {} });
        return { argsList: ["noted"] };
      }
      : deeds[does];
    await told(wampy.register(uri, run, options));
    procedures.set(key, uri);
  },
  unregister: ({ key }) => told(wampy.unregister(procedures.get(key))).then(() => undefined),
  subscribe: async ({ key, uri, options }) => {
    const handler = ({ argsList, argsDict, details }) =>
      note(key, {
        ...payload({ argsList, argsDict }),
        details: {
          topic: details.topic ?? null,
          publisher: details.publisher ?? null,
          publisher_authid: details.publisher_authid ?? null,
          retained: details.retained ?? false,
        },
      });
    topics.set(key, (await told(wampy.subscribe(uri, handler, optional(options)))).subscriptionKey);
  },
  unsubscribe: ({ key }) => told(wampy.unsubscribe(topics.get(key))).then(() => undefined),
  publish: async ({ uri, args, kwargs, options }) => {
    await told(wampy.publish(uri, { argsList: args, argsDict: kwargs }, options));
  },
  close: async () => {
    await wampy.disconnect();
  },
  raised: () => raised?.message ?? null,
});
