export { anonymous, anonymousAuthenticator } from "./anonymous.ts";
export type { Authenticator, JoinRequest, JoinStep, Principal } from "./authenticator.ts";
export type { Auth, AuthMethod, AuthSource, Challenge, ChallengeAnswer } from "./method.ts";
export { ticket, ticketAuthenticator } from "./ticket.ts";
