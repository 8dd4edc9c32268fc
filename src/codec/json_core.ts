import { memoryOf, ownMemory } from "./backend.ts";
import type { BackendOptions } from "./backend.ts";
import { checkCodecOptions } from "./codec_options.ts";
import { Slot } from "./core.ts";
import type { Header } from "./core.ts";
import { fillHead } from "./fill_head.ts";
import { Head } from "./head.ts";
import { createEagerJson } from "./json_eager.ts";
import { scanJson } from "./json_scan.ts";
import { jsonSerializer } from "./json_serializer.ts";
import type { JsonOptions as PlainJsonOptions, JsonScan } from "./json_serializer.ts";
import { depthOf } from "./limits.ts";
import { Payload } from "./payload.ts";
import { PayloadInFrame } from "./payload_in_frame.ts";
import type { Serializer } from "./serializer.ts";
import type { WasmMemory } from "./wasm_memory.ts";
import { scanText } from "./wasm_routing.ts";

/** Up to two to the power of this many characters are looked at. */
const SAMPLES = 4;

/** What a JSON serializer can be told. */
export interface JsonOptions extends PlainJsonOptions, BackendOptions {}

/**
 * Makes a serializer for JSON.
 *
 * @param options Limits, and which half of the codec reads heads; values are always read by the runtime.
 * @returns The serializer; any number of sessions may share it.
 * @throws {WampError} `invalid_argument` when an option is not what it has to be, or `module` not the WASM core of this version.
 *
 * @see WAMP advanced profile, "Binary support in JSON" and "Message Batching"
 */
export function createJson(options: JsonOptions = {}): Serializer {
  checkCodecOptions(options, false);
  return jsonOn(memoryOf(options), options);
}

/**
 * Makes a serializer for JSON on an instance of the WASM core.
 *
 * @param memory The instance; without it, TypeScript reads.
 * @param options Limits.
 * @returns The serializer.
 */
export function jsonOn(memory: WasmMemory | undefined, options: PlainJsonOptions): Serializer {
  const maxDepth = depthOf(options);
  const eager = createEagerJson(options);
  if (memory === undefined) return jsonSerializer(maxDepth, scanJson, eager);
  // A frame is a string wherever it comes from. To encode it for the core and to scan it there takes less time than to go through its characters:
  // on V8 a third for a call of 49 characters, a sixth for a 64 KB result; on JavaScriptCore a third, and half.
  const scan: JsonScan = (serializer, text) => {
    const header = isMostlyAscii(text) ? scanText(memory, text, maxDepth) : undefined;
    return header === undefined ? scanJson(serializer, text, maxDepth) : headOf(serializer, text, header, memory);
  };
  return jsonSerializer(maxDepth, scan, eager);
}

/** JSON, with the default limits. */
export const json: Serializer = jsonOn(ownMemory, {});

/** Looks at a few characters: what has others than ASCII takes two to four times as long to encode as to go through. */
function isMostlyAscii(text: string): boolean {
  const step = (text.length >> SAMPLES) + 1;
  for (let at = step; at < text.length; at += step) if (text.charCodeAt(at) >= 0x80) return false;
  return true;
}

function headOf(serializer: Serializer, text: string, header: Header, memory: WasmMemory): Head {
  const { words } = header;
  const head = new Head(serializer, text);
  fillHead(head, header, 0);
  const uriEnd = words[Slot.uriEnd] as number;
  if (uriEnd !== 0) {
    const uriSlot = words[Slot.uriSlot] as number;
    head.uri = uriSlot === 0 ? text.slice(words[Slot.uriStart], uriEnd) : memory.uris[uriSlot] as string;
  }
  const argsStart = words[Slot.argsStart] as number;
  if (argsStart >= 0) {
    const kwargsStart = words[Slot.kwargsStart] as number;
    const argsEnd = words[Slot.argsEnd] as number;
    const kwargsEnd = words[Slot.kwargsEnd] as number;
    head.payload = Payload.received(new PayloadInFrame(serializer, text, argsStart, argsEnd, kwargsStart, kwargsEnd));
  }
  return head;
}
