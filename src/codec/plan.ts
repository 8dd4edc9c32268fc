import { messageShapes } from "../wire/message_shape.ts";
import { messageName, MessageType } from "../wire/message_type.ts";

/** What an element of a message has to be, as a number that a scanner can switch on. */
export const Kind = { id: 0, type: 1, text: 2, dict: 3, secondId: 4, realm: 5 } as const;

/** A message shape, laid out for scanners. */
export interface Plan {
  /** The name of the message, for error texts. */
  readonly name: string;
  /** The kinds of the elements after the type code, by `Kind`; an optional dictionary comes last. */
  readonly kinds: readonly number[];
  /** How many of them must be there. */
  readonly required: number;
  /** Whether args and kwargs may follow. */
  readonly payload: boolean;
}

const kindOf = { id: Kind.id, type: Kind.type, uri: Kind.text, string: Kind.text, dict: Kind.dict } as const;

/** The plan of each message type, at the index of its type code. */
export const plans: readonly (Plan | undefined)[] = Array.from(
  { length: Math.max(...messageShapes.keys()) + 1 },
  (_, type) => {
    const shape = messageShapes.get(type);
    if (shape === undefined) return undefined;
    const kinds: number[] = shape.elements.map((kind) => kindOf[kind]);
    const secondId = kinds.lastIndexOf(Kind.id);
    if (secondId > kinds.indexOf(Kind.id)) kinds[secondId] = Kind.secondId;
    if (type === MessageType.HELLO) kinds[0] = Kind.realm;
    if (shape.optionalDict) kinds.push(Kind.dict);
    return { name: messageName(type), kinds, required: shape.elements.length, payload: shape.payload };
  },
);

/** What each kind is called in error texts, at the index of its number. */
export const kindNames: readonly string[] = [
  "an id (an integer from 0 to 2^53)",
  "a message type (an integer from 1 to 1023)",
  "a string",
  "a dictionary",
  "an id (an integer from 0 to 2^53)",
  "a string",
];

/**
 * Says how many elements a message may have.
 *
 * @param plan The plan of its type.
 * @returns For people, such as `4 to 6 elements`.
 */
export function elementCounts(plan: Plan): string {
  const least = plan.required + 1;
  const most = plan.kinds.length + 1 + (plan.payload ? 2 : 0);
  return `${plan.name} of ${least === most ? least : `${least} to ${most}`} elements`;
}
