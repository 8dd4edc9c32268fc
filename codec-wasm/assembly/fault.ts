// What can be wrong; the numbers are those of src/codec/fault_code.ts.
export const TRUNCATED: i32 = 1;
export const BAD_BYTE: i32 = 2;
export const TOO_DEEP: i32 = 3;
export const BAD_TEXT: i32 = 4;
export const TOO_MANY: i32 = 5;
export const TRAILING: i32 = 6;
export const BAD_CHUNK: i32 = 7;
export const NO_LIST: i32 = 8;
export const BAD_TYPE: i32 = 9;
export const WRONG_COUNT: i32 = 10;
export const NO_ID: i32 = 11;
export const NO_REQUEST_TYPE: i32 = 12;
export const NO_TEXT: i32 = 13;
export const NO_DICT: i32 = 14;
export const NO_ARGS: i32 = 15;
export const NO_KWARGS: i32 = 16;

let code: i32 = 0;
let place: usize = 0;

/** Forgets the fault of the last call. */
export function clearFault(): void {
  code = 0;
  place = 0;
}

/** Notes a fault; returns 0, which is no position, for scanners to return. */
export function fail(what: i32, at: usize): usize {
  code = what;
  place = at;
  return 0;
}

export function faultCode(): i32 {
  return code;
}

export function faultPlace(): usize {
  return place;
}
