// Drives autobahn-js.
"use strict";
const { failure, load, note, serve } = require("./lines.cjs");
const autobahn = load("autobahn");
const nacl = createNacl();

let connection, session;
const procedures = new Map(), topics = new Map(), calls = new Map();

function createNacl() {
  return load("tweetnacl");
}

const deeds = {
  echo: (args, kwargs) => new autobahn.Result(args, kwargs),
  add: (args) => args[0] + args[1],
  fail: () => {
    throw new autobahn.Error("com.example.error.custom", ["sorry", 42], { why: "test" });
  },
  who: (_args, _kwargs, details) => ({
    caller: details.caller ?? null,
    caller_authid: details.caller_authid ?? null,
    procedure: details.procedure,
  }),
  count: (_args, _kwargs, details) => {
    for (const step of [1, 2, 3]) details.progress?.([step]);
    return "done";
  },
  wait: () => new Promise(() => {}),
};

function serializer(name) {
  const { JSONSerializer, MsgpackSerializer, CBORSerializer } = autobahn.serializer;
  return new { json: JSONSerializer, msgpack: MsgpackSerializer, cbor: CBORSerializer }[name]();
}

function told(promise) {
  return new Promise((resolve, reject) =>
    promise.then(resolve, (error) =>
      reject(
        error?.error === undefined ? error : failure(error.error, String(error.args?.[0]), error.args, error.kwargs),
      ))
  );
}

function credentials({ method, authid, secret, publicKey }) {
  if (method === "anonymous") return {};
  if (method === "cryptosign") {
    const pair = nacl.sign.keyPair.fromSeed(Uint8Array.from(Buffer.from(secret, "hex")));
    return {
      authmethods: ["cryptosign"],
      authid,
      authextra: { pubkey: publicKey },
      onchallenge: (_session, _method, extra) => autobahn.auth_cryptosign.sign_challenge(pair, extra),
    };
  }
  return {
    authmethods: [method],
    authid,
    onchallenge: (_session, _method, extra) => {
      if (method === "ticket") return secret;
      const key = extra.salt
        ? autobahn.auth_cra.derive_key(secret, extra.salt, extra.iterations, extra.keylen)
        : secret;
      return autobahn.auth_cra.sign(key, extra.challenge);
    },
  };
}

serve({
  open: ({ url, realm, serializer: name, auth, reconnect }) =>
    new Promise((resolve, reject) => {
      const address = new URL(url);
      const transport = address.protocol === "rs:"
        ? { type: "rawsocket", host: address.hostname, port: Number(address.port) }
        : address.protocol === "unix:"
        ? { type: "rawsocket", path: address.pathname }
        : { type: "websocket", url, serializers: [serializer(name)] };
      connection = new autobahn.Connection({
        transports: [transport],
        realm,
        max_retries: reconnect ? 100 : 0,
        initial_retry_delay: 0.1,
        max_retry_delay: 0.5,
        retry_if_unreachable: Boolean(reconnect),
        ...credentials(auth),
      });
      connection.onopen = (joined, details) => {
        session = joined;
        resolve({
          session: joined.id,
          authid: details.authid ?? null,
          authrole: details.authrole ?? null,
          authmethod: details.authmethod ?? null,
        });
      };
      connection.onclose = (reason, details) => {
        reject(failure(details?.reason ?? reason, details?.message ?? reason));
        return !reconnect;
      };
      connection.open();
    }),
  call: async ({ key, uri, args, kwargs, options }) => {
    const { progress, ...rest } = options;
    const steps = [];
    const running = session.call(uri, args, kwargs, { ...rest, ...(progress ? { receive_progress: true } : {}) });
    calls.set(key, running);
    const keep = progress ? (step) => steps.push(payload(step)) : undefined;
    const result = await told({ then: (good, bad) => running.then(good, bad, keep) });
    return { ...payload(result), progress: steps };
  },
  cancel: ({ key, mode }) => void calls.get(key).cancel({ mode }),
  register: async ({ key, uri, does, options }) => {
    const run = does.startsWith("say:") ? () => does.slice(4) : does === "note"
      ? (args, kwargs) => {
        note(key, { args, kwargs });
        return "noted";
      }
      : deeds[does];
    const handler = (args, kwargs, details) => run(args ?? [], kwargs ?? {}, details);
    procedures.set(key, await told(session.register(uri, handler, options)));
  },
  unregister: ({ key }) => told(session.unregister(procedures.get(key))),
  subscribe: async ({ key, uri, options }) => {
    const handler = (args, kwargs, details) => {
      const { publication: _publication, topic, publisher, retained, publisher_authid } = details;
      note(key, {
        args: args ?? [],
        kwargs: kwargs ?? {},
        details: {
          topic,
          publisher: publisher ?? null,
          retained: retained ?? false,
          publisher_authid: publisher_authid ?? null,
        },
      });
    };
    topics.set(key, await told(session.subscribe(uri, handler, options)));
  },
  unsubscribe: ({ key }) => told(session.unsubscribe(topics.get(key))),
  publish: async ({ uri, args, kwargs, options }) => {
    const published = session.publish(uri, args, kwargs, { acknowledge: true, ...options });
    if (published) await told(published);
  },
  close: () =>
    new Promise((resolve) => {
      connection.onclose = () => {
        resolve();
        return true;
      };
      connection.close("wamp.close.normal");
    }),
});

function payload(result) {
  if (result instanceof autobahn.Result) return { args: result.args ?? [], kwargs: result.kwargs ?? {} };
  return { args: [result ?? null], kwargs: {} };
}
