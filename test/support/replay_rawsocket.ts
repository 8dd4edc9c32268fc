import { RawSocketClient } from "./raw_socket_client.ts";
import type { RecordedStep, Recording } from "./recording.ts";
import type { ReplayListener, ReplayOptions, ReplayPeer } from "./replay.ts";

/** Handshakes that the recorded server closed without a word; the specification has an answer for them: serializer unsupported. */
const UNSUPPORTED = /^7ff[459]0000$/;
const ANNOUNCED = /^frame header announces (\d+) bytes$/;

/** Plays on RawSocket, to a listener's URL. */
export function openOverRawSocket(url: string): ReplayOptions["open"] {
  return async ({ rawsocket = "", result }, listener) => {
    const expected = UNSUPPORTED.test(rawsocket) ? "7f100000" : result?.answer ?? "";
    const client = await RawSocketClient.open(url, rawsocket);
    const answer = await client.take(4);
    if (answer !== expected) {
      client.destroy();
      throw new Error(`the handshake ${rawsocket} was answered ${answer}, expected ${expected}`);
    }
    return new RawSocketPeer(client, listener);
  };
}

/** A recording as it can be played: what a note says was sent is sent, and nothing is played after a PING, which the recorded server took for the end. */
export function playable(recording: Recording): Recording {
  const ping = recording.steps.findIndex((step) => step.ping !== undefined);
  const played = ping < 0 ? recording.steps : recording.steps.slice(0, ping + 1);
  const steps = played.map((step, at): RecordedStep => {
    const said = step.text !== undefined && ANNOUNCED.test(step.text);
    return said ? { ...step, ...connOf(played[at + 1]), dir: "send", raw: "" } : step;
  });
  return { ...recording, steps };
}

function connOf(step: RecordedStep | undefined): { readonly conn?: string } {
  return step?.conn === undefined ? {} : { conn: step.conn };
}

class RawSocketPeer implements ReplayPeer {
  readonly #client: RawSocketClient;
  readonly #listener: ReplayListener;
  readonly #pongs: (() => void)[] = [];
  #ended = false;

  constructor(client: RawSocketClient, listener: ReplayListener) {
    this.#client = client;
    this.#listener = listener;
    void this.#read();
  }

  send(step: RecordedStep, text: string): void {
    const announced = ANNOUNCED.exec(step.text ?? "")?.[1];
    if (announced !== undefined) {
      const prefix = Buffer.alloc(4);
      prefix.writeUInt32BE(Number(announced));
      this.#client.socket.write(prefix);
    } else if (step.ping !== undefined) {
      this.#pongs.push(() => {});
      this.#client.send(step.ping, 1);
    } else this.#client.send(step.raw === undefined ? text : Buffer.from(step.raw, "hex"));
  }

  close(): void {
    this.#client.destroy();
  }

  /** What the server sent before it answers a PING has come before the answer. */
  async settle(): Promise<void> {
    if (this.#ended) return;
    await new Promise<void>((resolve) => {
      this.#pongs.push(resolve);
      this.#client.send("settle", 1);
    });
  }

  async #read(): Promise<void> {
    for (let frame = await this.#client.frame(); frame !== undefined; frame = await this.#client.frame()) {
      if (frame.kind === 0) this.#listener.message(frame.text);
      else if (frame.kind === 2) this.#pongs.shift()?.();
    }
    this.#ended = true;
    for (const pong of this.#pongs) pong();
    this.#listener.closed({ local: false, reason: "" });
  }
}
