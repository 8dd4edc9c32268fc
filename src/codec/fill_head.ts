import { Id, ROW, Slot } from "./core.ts";
import type { Header } from "./core.ts";
import type { Head } from "./head.ts";

const none: readonly number[] = Object.freeze([]);

/**
 * Fills a head with what all formats put into a row alike: all but URI and payload.
 *
 * @param head The head.
 * @param header What was scanned.
 * @param row Which message of it.
 */
export function fillHead(head: Head, header: Header, row: number): void {
  const { words, numbers, patterns } = header;
  const at = row * ROW;
  head.type = words[at + Slot.type] as number;
  head.firstId = integer(numbers[(at >> 1) + Id.first] as number);
  head.secondId = integer(numbers[(at >> 1) + Id.second] as number);
  head.requestType = words[at + Slot.requestType] as number;
  head.optionsStart = words[at + Slot.optionsStart] as number;
  head.optionsEnd = words[at + Slot.optionsEnd] as number;
  head.size = (words[at + Slot.end] as number) - (words[at + Slot.start] as number);
  head.uriSlot = words[at + Slot.uriSlot] as number;
  head.version = header.version;
  const count = words[at + Slot.patterns] as number;
  if (count < 0) return;
  if (count === 0) {
    head.patterns = none;
    return;
  }
  const found: number[] = [];
  const from = words[at + Slot.patternsAt] as number;
  for (let index = from; index < from + count; index++) found.push(patterns[index] as number);
  head.patterns = found;
}

/** A float of the header as the small integer that it is, where it is one: ids are the keys of many Maps, and engines find those faster. */
function integer(value: number): number {
  const small = value | 0;
  return small === value ? small : value;
}
