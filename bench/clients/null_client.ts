import { Buffer } from "node:buffer";
import { type Format, type Messages, messagesOf, readId, readType, type Template, writeId } from "../load/frames.ts";
import type { Library } from "./library.ts";

type Answered = (value: unknown) => void;

/**
 * The least that a client could do for this load on a WebSocket: it slices texts, copies frames built once, and settles one promise for each call.
 *
 * @param format The format of its frames.
 * @param Socket Its WebSocket (default the runtime's).
 */
export function nullClient(format: Format, Socket: typeof WebSocket = WebSocket): Library {
  return {
    async open(url, realm) {
      let messages = messagesOf(format, realm, "");
      const socket = new Socket(url, messages.subprotocol);
      socket.binaryType = "arraybuffer";
      await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
      const pending = new Map<number, Answered>();
      let lastId = 0;
      let joined: Answered = () => {};
      const receive = format === "json" ? readText : readBytes;
      socket.onmessage = ({ data }) => {
        const { type, id, answer } = receive(data, messages);
        if (type === 68) return socket.send(answer as string);
        if (type === 2) return joined(undefined);
        pending.get(id)!(data);
        pending.delete(id);
      };
      await new Promise((resolve) => {
        joined = resolve;
        socket.send(format === "json" ? messages.hello.bytes.toString() : whole(messages.hello.bytes));
      });
      const ask = (message: (id: number) => string | ArrayBuffer) =>
        new Promise((resolve) => {
          const id = ++lastId;
          pending.set(id, resolve);
          socket.send(message(id));
        });
      return {
        call(uri, text) {
          if (format === "json") return ask((id) => `[48,${id},{},"${uri}",["${text}"]]`);
          if (messages.call.bytes.length < text.length) messages = messagesOf(format, realm, text);
          return ask((id) => patched(messages.call, id, format));
        },
        register(uri) {
          if (format !== "json") messages = messagesOf(format, realm, "0123456789abcdef");
          return ask((id) => format === "json" ? `[64,${id},{},"${uri}"]` : patched(messages.register, id, format));
        },
      };
    },
  };
}

interface Received {
  readonly type: number;
  readonly id: number;
  readonly answer?: string | ArrayBuffer;
}

function readText(text: string): Received {
  const type = text[2] === "," ? Number(text[1]) : Number(text.slice(1, 3));
  const end = text.indexOf(",", 4);
  const id = Number(text.slice(4, end));
  return type === 68 ? { type, id, answer: `[70,${id},{},${text.slice(text.indexOf("[", end))}` } : { type, id };
}

function readBytes(data: ArrayBuffer, { format, replyIdAt, yield: answer }: Messages): Received {
  const bytes = Buffer.from(data);
  const type = readType(format, bytes, 0);
  const id = type < 8 ? 0 : readId(format, bytes, replyIdAt);
  return type === 68 ? { type, id, answer: patched(answer, id, format) } : { type, id };
}

function patched({ bytes, idAt, idSize }: Template, id: number, format: Format): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.length);
  const view = Buffer.from(copy);
  bytes.copy(view);
  writeId(format, view, idAt, idSize, id);
  return copy;
}

function whole(bytes: Buffer): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.length);
  bytes.copy(Buffer.from(copy));
  return copy;
}
