export { Connection } from "./connection.ts";
export type { ConnectionHandler, ConnectionOptions } from "./connection.ts";
export type { Dialer, DialRequest } from "./dialer.ts";
export { memoryPair } from "./memory.ts";
export type { CloseInfo, PeerInfo, Transport, TransportHandler } from "./transport.ts";
