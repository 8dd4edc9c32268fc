import { ProtocolViolation } from "./errors.ts";
import { isId } from "./ids.ts";
import { messageName, MessageType } from "./message_type.ts";
import type { Dict, WampValue } from "./values.ts";
import { emptyDict, isDict } from "./values.ts";

/** What the value of one key has to be. */
interface Rule {
  readonly expected: string;
  readonly allows: (value: WampValue) => boolean;
}

type Rules = { readonly [key: string]: Rule };

const isString = (value: WampValue): value is string => typeof value === "string";
const listOf = (allows: (value: WampValue) => boolean) => (value: WampValue): boolean =>
  Array.isArray(value) && value.every(allows);

const bool: Rule = { expected: "true or false", allows: (value) => typeof value === "boolean" };
const text: Rule = { expected: "a string", allows: isString };
const textOrNull: Rule = { expected: "a string or null", allows: (value) => value === null || isString(value) };
const texts: Rule = { expected: "a list of strings", allows: listOf(isString) };
const id: Rule = { expected: "an id", allows: isId };
const ids: Rule = { expected: "a list of ids", allows: listOf(isId) };
const dict: Rule = { expected: "a dictionary", allows: isDict };
const count: Rule = {
  expected: "an integer from 0",
  allows: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
};
const positive: Rule = {
  expected: "an integer from 1",
  allows: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
};

function oneOf(...words: string[]): Rule {
  return { expected: words.join(", "), allows: (value) => isString(value) && words.includes(value) };
}

const forwardFor: Rule = {
  expected: "a list of dictionaries with session, authid and authrole",
  allows: listOf((hop) =>
    isDict(hop) && isId(hop.session) && textOrNull.allows(hop.authid ?? null) && textOrNull.allows(hop.authrole ?? null)
  ),
};

const ROLES: readonly string[] = ["caller", "callee", "publisher", "subscriber"];
const helloRoles: Rule = {
  expected: `at least one of ${ROLES.join(", ")}, and no other`,
  allows(value) {
    if (!isDict(value)) return false;
    const names = Object.keys(value);
    return names.length > 0 && names.every((name) => ROLES.includes(name) && isRole(value[name]));
  },
};

function isRole(role: WampValue): boolean {
  return isDict(role) && (role.features === undefined || isDict(role.features));
}

const ENCRYPTIONS: readonly string[] = ["cryptobox", "mqtt", "xbr"];
const transparency: Rules = {
  enc_algo: {
    expected: `${ENCRYPTIONS.join(", ")} or a name that begins with x_`,
    allows: (value) => value === null || isString(value) && (ENCRYPTIONS.includes(value) || value.startsWith("x_")),
  },
  enc_serializer: textOrNull,
  enc_key: textOrNull,
};
const passthru: Rules = {
  ppt_scheme: textOrNull,
  ppt_serializer: textOrNull,
  ppt_cipher: textOrNull,
  ppt_keyid: textOrNull,
};
const forwarded: Rules = { forward_for: forwardFor };
const passed: Rules = { ...transparency, ...passthru, ...forwarded };
const match: Rule = oneOf("exact", "prefix", "wildcard");
const party = (name: string): Rules => ({
  [name]: id,
  [`${name}_authid`]: textOrNull,
  [`${name}_authrole`]: textOrNull,
});

const table: ReadonlyMap<number, ReadonlyMap<string, Rule>> = new Map(
  ([
    [MessageType.HELLO, {
      roles: helloRoles,
      authid: text,
      authrole: text,
      authmethods: texts,
      authextra: dict,
      resumable: bool,
    }],
    [MessageType.WELCOME, { roles: dict }],
    [MessageType.ERROR, { ...party("callee"), ...passed }],
    [MessageType.PUBLISH, {
      acknowledge: bool,
      exclude_me: bool,
      exclude: ids,
      exclude_authid: texts,
      exclude_authrole: texts,
      eligible: ids,
      eligible_authid: texts,
      eligible_authrole: texts,
      retain: bool,
      transaction_hash: text,
      ...passed,
    }],
    [MessageType.SUBSCRIBE, { match, get_retained: bool, ...forwarded }],
    [MessageType.EVENT, {
      ...party("publisher"),
      topic: text,
      retained: bool,
      transaction_hash: text,
      x_acknowledged_delivery: bool,
      ...passed,
    }],
    [MessageType.CALL, { timeout: count, receive_progress: bool, progress: bool, transaction_hash: text, ...passed }],
    [MessageType.CANCEL, { mode: oneOf("skip", "kill", "killnowait"), ...forwarded }],
    [MessageType.RESULT, { progress: bool, ...party("callee"), ...passed }],
    [MessageType.REGISTER, {
      match,
      invoke: oneOf("single", "first", "last", "roundrobin", "random"),
      concurrency: positive,
      force_reregister: bool,
      ...forwarded,
    }],
    [MessageType.INVOCATION, {
      timeout: count,
      receive_progress: bool,
      progress: bool,
      procedure: text,
      transaction_hash: text,
      ...party("caller"),
      ...passed,
    }],
    [MessageType.INTERRUPT, { mode: oneOf("skip", "kill", "killnowait"), ...forwarded }],
    [MessageType.YIELD, { progress: bool, ...party("callee"), ...passed }],
  ] as [number, Rules][]).map(([type, rules]) => [type, new Map(Object.entries(rules))]),
);

/**
 * Checks the predefined keys of a message's Options or Details; keys that WAMP does not define are passed over.
 *
 * @param head A message that was scanned; its options are decoded only if there are any.
 * @param head.type The message type code.
 * @param head.options Options or Details.
 * @throws {ProtocolViolation} When the value of a key is not what it has to be; the message names the key.
 *
 * @see WAMP basic and advanced profile, the messages' "Options" and "Details"
 */
export function validateOptions(head: { readonly type: number; readonly options: Dict }): void {
  const { type, options } = head;
  if (type === MessageType.HELLO && options.roles === undefined) throw violation(type, "roles", helloRoles, undefined);
  if (options === emptyDict) return;
  const rules = table.get(type);
  if (rules === undefined) return;
  for (const key of Object.keys(options)) {
    const rule = rules.get(key);
    const value = options[key];
    if (rule !== undefined && value !== undefined && !rule.allows(value)) throw violation(type, key, rule, value);
  }
}

function violation(type: number, key: string, rule: Rule, value: WampValue): ProtocolViolation {
  const found = typeof value === "object" && value !== null ? Object.prototype.toString.call(value) : String(value);
  return new ProtocolViolation(
    `Cannot take ${messageName(type)}: its ${key} must be ${rule.expected}, found ${found.slice(0, 60)}`,
  );
}
