import { bytesOfHex } from "./hex.ts";
import { PlainSink } from "./plain_sink.ts";

const MOST_UINT64 = 2n ** 64n - 1n;
const EPOCH_DATE = 0xc1;
const POSITIVE_BIGNUM = 0xc2;
const NEGATIVE_BIGNUM = 0xc3;

/** Writes any values as CBOR: shortest integers, floats of 32 bits where that is exact, dates as tag 1, integers beyond 64 bits as tags 2 and 3. */
export class CborSink extends PlainSink {
  constructor() {
    super(true);
  }

  bigint(value: bigint): undefined {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return this.plain(number, 0) as undefined;
    const negative = value < 0n;
    const argument = negative ? -1n - value : value;
    if (argument > MOST_UINT64) return this.#bignum(argument, negative) as undefined;
    this.byte(negative ? 0x3b : 0x1b);
    this.uint32(Number(argument >> 32n));
    this.uint32(Number(argument & 0xffff_ffffn));
    return undefined;
  }

  date(value: Date): void {
    this.byte(EPOCH_DATE);
    this.plain(value.getTime() / 1000, 0);
  }

  extension(): boolean {
    return false;
  }

  #bignum(argument: bigint, negative: boolean): void {
    const digits = argument.toString(16);
    const even = digits.length % 2 === 0 ? digits : `0${digits}`;
    this.byte(negative ? NEGATIVE_BIGNUM : POSITIVE_BIGNUM);
    this.plain(bytesOfHex(even), even.length / 2);
  }
}
