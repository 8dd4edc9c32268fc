/**
 * What can be wrong with a frame, one constant each, so that a bundle has their numbers alone; what was expected is said by `faultError`.
 *
 * @module
 */

export const none = 0;
/** The frame ends inside a value. */
export const truncated = 1;
/** A byte that begins no value. */
export const badByte = 2;
/** More levels of nesting than allowed. */
export const tooDeep = 3;
/** A text that is not UTF-8. */
export const badText = 4;
/** A list or dictionary of more elements than bytes are left. */
export const tooMany = 5;
/** Something behind the end. */
export const trailing = 6;
/** A chunk that is not of the type of its string (CBOR). */
export const badChunk = 7;
/** No list to begin with. */
export const noList = 8;
/** No type code, or one that WAMP does not know. */
export const badType = 9;
/** Fewer or more elements than the message has. */
export const wrongCount = 10;
/** An element that is no id. */
export const noId = 11;
/** An element that is no request type. */
export const noRequestType = 12;
/** An element that is no text. */
export const noText = 13;
/** An element that is no dictionary. */
export const noDict = 14;
/** Args that are no list. */
export const noArgs = 15;
/** Kwargs that are no dictionary. */
export const noKwargs = 16;
/** More lists, dictionaries and pieces of binary than a message may have; what the WASM core takes is too small for that. */
export const tooMuch = 17;
