import { fileURLToPath } from "node:url";

/** The root folder of the project, with a slash at its end. */
export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** Import of the package by its own name means its sources: without this, Node and Bun would take dist/. */
export const alias: { find: RegExp; replacement: string }[] = [
  { find: /^@izaber\/wamp$/, replacement: `${root}mod.ts` },
  { find: /^@izaber\/wamp\/lite$/, replacement: `${root}src/lite.ts` },
  { find: /^@izaber\/wamp\/auth\/scram$/, replacement: `${root}src/auth/scram_argon2.ts` },
  { find: /^@izaber\/wamp\/rawsocket$/, replacement: `${root}src/transport/rawsocket.ts` },
  { find: /^@izaber\/wamp\/longpoll$/, replacement: `${root}src/transport/long_poll.ts` },
  { find: /^@izaber\/wamp\/([a-z]+)$/, replacement: `${root}src/$1/mod.ts` },
];
