import { MessageType } from "../../src/wire/mod.ts";
import type { Args, Dict } from "../../src/wire/mod.ts";

/** A message as values. */
export interface Message {
  /** What it is called in the results. */
  readonly name: string;
  /** The type code and the elements before the payload. */
  readonly header: readonly (number | string | Dict)[];
  readonly args: Args;
  readonly kwargs: Dict;
}

/** Several messages in one frame. */
export interface Batch {
  /** What it is called in the results. */
  readonly name: string;
  readonly batch: readonly Message[];
}

const CHINESE = "通过配置管理系统，用户可以查看设备的运行状态、历史数据和报警信息，并在权限允许的范围内修改参数。";

function device(index: number): Dict {
  return {
    id: 4_000_000_000 + index * 7919,
    name: `X-LSM${100 + index % 50}A-${index}`,
    status: index % 7 === 0 ? "busy" : "idle",
    axes: 1 + index % 4,
    position: index * 12.5 + 0.1,
    moving: index % 7 === 0,
    firmware: "7.34.13521",
    limits: { min: 0, max: 305_381, home: null },
    tags: ["stage", "linear"],
  };
}

function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0, state = 1; at < length; at++) bytes[at] = (state = Math.imul(state, 1_103_515_245) + 12_345) >>> 16;
  return bytes;
}

const devices = Array.from({ length: 450 }, (_, index) => device(index));

/** The messages that are measured, by themselves or in a batch; what their names promise is about their size in MessagePack. */
export const messages: readonly (Message | Batch)[] = [
  { name: "39 B call", header: [MessageType.CALL, 7, {}, "com.example.device.move"], args: ["axis", 1200], kwargs: {} },
  {
    name: "100 B event",
    header: [MessageType.EVENT, 5_512_315_355, 4_429_313_566, { topic: "com.example.device.moved" }],
    args: ["X-LSM100A", 2],
    kwargs: { position: 152.25, moving: false, warnings: [] },
  },
  {
    name: "900 B result",
    header: [MessageType.RESULT, 7814135, {}],
    args: [devices.slice(0, 5)],
    kwargs: { total: 450, page: 1 },
  },
  { name: "64 KB result", header: [MessageType.RESULT, 7814136, {}], args: [devices.slice(0, 395)], kwargs: {} },
  {
    name: "64 KB blob",
    header: [MessageType.RESULT, 7814137, {}],
    args: [noise(64 * 1024), "image/png"],
    kwargs: {},
  },
  {
    name: "Chinese text",
    header: [MessageType.CALL, 9, {}, "com.example.notes.add"],
    args: [CHINESE, { 标题: "设备状态", 正文: CHINESE + CHINESE, 作者: "王小明" }],
    kwargs: {},
  },
  {
    name: "telemetry",
    header: [MessageType.EVENT, 5_512_315_355, 4_429_313_567, {}],
    args: [Array.from({ length: 120 }, (_, index) => Math.sin(index) * 1000)],
    kwargs: { t0: 1_763_650_800.25, dt: 0.001 },
  },
  {
    name: "50-message batch",
    batch: Array.from({ length: 50 }, (_, index): Message => ({
      name: `call ${index}`,
      header: [MessageType.CALL, 1000 + index, {}, "com.example.device.move"],
      args: ["axis", index * 100],
      kwargs: {},
    })),
  },
];
