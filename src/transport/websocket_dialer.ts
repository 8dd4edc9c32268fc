import type { OptionRules } from "../wire/option_rules.ts";
import type { Dialer } from "./dialer.ts";
import { checkDialerOptions, webSocketRules } from "./dialer_options.ts";
import { dialerTo } from "./websocket.ts";
import type { WebSocketDialerOptions } from "./websocket.ts";
import type { WebSocketConstructor } from "./websocket_like.ts";

const rules: OptionRules = {
  WebSocket: { expected: "a class, or what else is called with new; an arrow function is not", allows: isConstructor },
  ...webSocketRules,
};

/**
 * Makes a dialer for a WAMP router on WebSocket.
 *
 * @param url Where the router listens, as `ws://` or `wss://`.
 * @param options Which WebSocket, and how it is used.
 * @returns The dialer.
 * @throws {WampError} `invalid_argument` when the URL is none, or of another kind, or an option is wrong; the message names it.
 *
 * @see WAMP basic profile, "WebSocket Transport"
 */
export function webSocketDialer(url: string, options: WebSocketDialerOptions = {}): Dialer {
  const dialer = dialerTo(url, options);
  checkDialerOptions(options, rules);
  return dialer;
}

/** Whether something can be called with `new`, without calling it: the runtime looks at that first. */
function isConstructor(value: unknown): boolean {
  try {
    Reflect.construct(Object, [], value as WebSocketConstructor);
    return true;
  } catch {
    return false;
  }
}
