import { ownText } from "../wire/own_text.ts";
import { Head } from "./head.ts";

/** From this size on it is worth a thought what becomes of the header. */
const LARGE = 4 * 1024;

/**
 * Says that nothing of a message but its payload is read from its frame any more, and that the frame is nobody else's: a large payload that is passed on
 * need not be copied then, as the new header is written over this one, where it fits.
 *
 * @param head What was scanned.
 */
export function spendHeader(head: Head): void {
  // Of large options there may be values that are views of the frame.
  if (head.size < LARGE || head.optionsEnd - head.optionsStart >= LARGE) return;
  // Decoded now, since they lie in the header.
  void head.options;
  head.payload.spendHeader();
}

/**
 * Gives a request memory of its own, for whoever keeps it: as it came it keeps its whole frame, and what else came in one batch.
 *
 * @param head What was scanned.
 * @returns The same message, its options decoded.
 */
export function keptHead(head: Head): Head {
  const kept = new Head(head.serializer, "", head.options);
  kept.type = head.type;
  kept.firstId = head.firstId;
  kept.secondId = head.secondId;
  kept.requestType = head.requestType;
  kept.uri = ownText(head.uri);
  kept.optionsStart = head.optionsStart;
  kept.optionsEnd = head.optionsEnd;
  kept.size = head.size;
  kept.uriSlot = head.uriSlot;
  kept.patterns = head.patterns;
  kept.version = head.version;
  kept.payload = head.payload.kept();
  return kept;
}
