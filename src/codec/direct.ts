import { ProtocolViolation } from "../wire/errors.ts";
import { messageShapes } from "../wire/message_shape.ts";
import { messageName } from "../wire/message_type.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import { Head } from "./head.ts";
import { Payload } from "./payload.ts";
import type { EncodedPayload } from "./payload.ts";
import { Encoded } from "./serializer.ts";
import type { Frame, HeaderElement, Serializer } from "./serializer.ts";

/** What a frame between two sessions of one process counts in a queue, where nothing is encoded and the true size unknown. */
const NOMINAL_SIZE = 256;

/** A message that is handed over inside a process as the values that it consists of. */
export class DirectFrame {
  /** The type code and the elements before the payload. */
  readonly header: readonly HeaderElement[];
  /** The payload, possibly still encoded as another session sent it. */
  readonly payload: Payload;

  /**
   * @param header The type code and the elements before the payload.
   * @param payload The payload.
   */
  constructor(header: readonly HeaderElement[], payload: Payload) {
    this.header = header;
    this.payload = payload;
  }
}

function scan(frame: Frame): Head {
  const { header, payload } = asDirect(frame);
  const type = header[0];
  const shape = messageShapes.get(type as number);
  if (shape === undefined) {
    throw new ProtocolViolation(`Cannot read ${messageName(type as number)}: no such message type`);
  }
  const found: { options: Dict | undefined; ids: number[]; text: string; requestType: number } = {
    options: undefined,
    ids: [],
    text: "",
    requestType: 0,
  };
  shape.elements.forEach((kind, index) => {
    const element = header[index + 1];
    if (kind === "id") found.ids.push(element as number);
    else if (kind === "type") found.requestType = element as number;
    else if (kind === "dict") found.options = asDict(element);
    else found.text = element as string;
  });
  if (shape.optionalDict) found.options = asDict(header[shape.elements.length + 1]);
  const head = new Head(direct, frame, found.options);
  head.type = type as number;
  head.firstId = found.ids[0] ?? 0;
  head.secondId = found.ids[1] ?? 0;
  head.requestType = found.requestType;
  head.uri = found.text;
  head.payload = payload;
  head.size = NOMINAL_SIZE;
  return head;
}

function asDirect(frame: Frame): DirectFrame {
  if (frame instanceof DirectFrame) return frame;
  throw new ProtocolViolation(`Cannot read a ${typeof frame} frame: this session hands over values`);
}

function asDict(element: HeaderElement | undefined): Dict | undefined {
  return (element instanceof Encoded ? element.data : element) as Dict | undefined;
}

function neverCalled(): never {
  throw new TypeError("Cannot decode or batch in a session that hands over values");
}

/** The serializer of sessions inside one process: it encodes nothing. Both sides see the same objects, so neither may change them. */
export const direct: Serializer = {
  name: "direct",
  subprotocol: "",
  batchedSubprotocol: "",
  scan,
  decode: neverCalled,
  encode: (header: readonly HeaderElement[], payload: Payload = Payload.empty): Frame =>
    new DirectFrame(header, payload),
  encodeValue: (value: WampValue): Encoded => new Encoded(value as Dict),
  encodePayload: (): EncodedPayload => ({ data: "", start: 0, end: 0, count: 0 }),
  joinBatch: neverCalled,
  scanBatch: neverCalled,
  splitBatch: neverCalled,
  sizeOf: () => NOMINAL_SIZE,
};
