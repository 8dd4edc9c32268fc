export { Connection } from "./connection.ts";
export type { ConnectionHandler, ConnectionOptions } from "./connection.ts";
export type { Dialer, DialRequest } from "./dialer.ts";
export { memoryPair } from "./memory.ts";
export type { CloseInfo, PeerCertificate, PeerInfo, Transport, TransportHandler } from "./transport.ts";
export { webSocketDialer } from "./websocket_dialer.ts";
export type { WebSocketDialerOptions } from "./websocket.ts";
export type { WebSocketConstructor, WebSocketEvent, WebSocketLike } from "./websocket_like.ts";
