/**
 * One constant each, so that a bundle has those that it uses.
 *
 * @module
 */

export const systemShutdown = "wamp.close.system_shutdown";
export const closeRealm = "wamp.close.close_realm";
export const goodbyeAndOut = "wamp.close.goodbye_and_out";
export const killed = "wamp.close.killed";
export const logout = "wamp.close.logout";
export const normal = "wamp.close.normal";

// Not on the wire, since the connection is gone
export const transportLost = "wamp.close.transport_lost";
