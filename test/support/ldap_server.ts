import { Buffer } from "node:buffer";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

/** An entry of a directory. */
export interface LdapEntry {
  readonly dn: string;
  readonly attributes: { readonly [name: string]: readonly string[] };
}

/** A part of a BER message. */
interface Part {
  readonly tag: number;
  readonly content: Buffer;
}

/** As much of an LDAP server as a client of a directory asks for: simple binds, and searches by one equality or for everything below a base. */
export class LdapServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #passwords: ReadonlyMap<string, string>;
  readonly #entries: readonly LdapEntry[];
  /** The names that were bound with, right or wrong. */
  readonly binds: string[] = [];

  private constructor(passwords: ReadonlyMap<string, string>, entries: readonly LdapEntry[]) {
    this.#passwords = passwords;
    this.#entries = entries;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** Starts one on a free port; `passwords` are by the name to bind with. */
  static async start(
    passwords: { readonly [name: string]: string },
    entries: readonly LdapEntry[],
  ): Promise<LdapServer> {
    const server = new LdapServer(new Map(Object.entries(passwords)), entries);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let bound = false;
    let buffered = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("data", (data: Buffer) => {
      buffered = Buffer.concat([buffered, data]);
      for (let read = readPart(buffered, 0); read !== undefined; read = readPart(buffered, 0)) {
        buffered = buffered.subarray(read.end);
        const [id, operation] = partsOf(read.part.content);
        const answer = (tag: number, ...content: Buffer[]) =>
          socket.write(part(0x30, part(0x02, id!.content), part(tag, ...content)));
        if (operation!.tag === 0x60) {
          bound = this.#bind(operation!);
          answer(0x61, ...outcome(bound ? 0 : 49));
        } else if (operation!.tag === 0x63) {
          const found = bound ? this.#search(operation!) : [];
          for (const entry of found) {
            answer(0x64, text(entry.dn), part(0x30, ...Object.entries(entry.attributes).map(attribute)));
          }
          answer(0x65, ...outcome(bound ? 0 : 50));
        } else socket.end();
      }
    });
  }

  #bind({ content }: Part): boolean {
    const [, name, secret] = partsOf(content);
    const who = name!.content.toString();
    this.binds.push(who);
    // As many servers do, it lets anybody bind without a password.
    return secret!.content.length === 0 || this.#passwords.get(who) === secret!.content.toString();
  }

  #search({ content }: Part): LdapEntry[] {
    const [base, , , , , , filter] = partsOf(content);
    const below = this.#entries.filter(({ dn }) => dn.endsWith(base!.content.toString()));
    if (filter!.tag !== 0xa3) return below;
    const [name, value] = partsOf(filter!.content).map((item) => item.content.toString());
    const isMeant = (candidate: string) => candidate.toLowerCase() === value!.toLowerCase();
    return below.filter(({ attributes }) => attributes[name!]?.some(isMeant));
  }
}

function attribute([name, values]: [string, readonly string[]]): Buffer {
  return part(0x30, text(name), part(0x31, ...values.map(text)));
}

function outcome(code: number): Buffer[] {
  return [part(0x0a, Buffer.from([code])), text(""), text("")];
}

function text(value: string): Buffer {
  return part(0x04, Buffer.from(value));
}

function part(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function partsOf(content: Buffer): Part[] {
  const parts: Part[] = [];
  for (let read = readPart(content, 0); read !== undefined; read = readPart(content, read.end)) parts.push(read.part);
  return parts;
}

function readPart(buffer: Buffer, at: number): { readonly part: Part; readonly end: number } | undefined {
  if (buffer.length < at + 2) return undefined;
  const first = buffer[at + 1]!;
  const octets = first < 128 ? 0 : first & 127;
  if (buffer.length < at + 2 + octets) return undefined;
  const length = octets === 0 ? first : buffer.readUIntBE(at + 2, octets);
  const start = at + 2 + octets;
  if (buffer.length < start + length) return undefined;
  return { part: { tag: buffer[at]!, content: buffer.subarray(start, start + length) }, end: start + length };
}
