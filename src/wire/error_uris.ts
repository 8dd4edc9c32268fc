/**
 * The URIs of errors that WAMP predefines, and those that Crossbar and Nexus say where WAMP has no word.
 *
 * @see WAMP basic profile, "Predefined URIs"; advanced profile, "Predefined URIs"
 */
export const ErrorUri = {
  // WAMP's
  invalidUri: "wamp.error.invalid_uri",
  noSuchProcedure: "wamp.error.no_such_procedure",
  procedureAlreadyExists: "wamp.error.procedure_already_exists",
  noSuchRegistration: "wamp.error.no_such_registration",
  noSuchSubscription: "wamp.error.no_such_subscription",
  noSuchSession: "wamp.error.no_such_session",
  invalidArgument: "wamp.error.invalid_argument",
  canceled: "wamp.error.canceled",
  payloadSizeExceeded: "wamp.error.payload_size_exceeded",
  protocolViolation: "wamp.error.protocol_violation",
  notAuthorized: "wamp.error.not_authorized",
  authorizationFailed: "wamp.error.authorization_failed",
  noSuchRealm: "wamp.error.no_such_realm",
  noSuchRole: "wamp.error.no_such_role",
  noMatchingAuthMethod: "wamp.error.no_matching_auth_method",
  noSuchPrincipal: "wamp.error.no_such_principal",
  authenticationDenied: "wamp.error.authentication_denied",
  authenticationFailed: "wamp.error.authentication_failed",
  authenticationRequired: "wamp.error.authentication_required",
  timeout: "wamp.error.timeout",
  optionNotAllowed: "wamp.error.option_not_allowed",
  networkFailure: "wamp.error.network_failure",
  unavailable: "wamp.error.unavailable",
  noAvailableCallee: "wamp.error.no_available_callee",
  featureNotSupported: "wamp.error.feature_not_supported",

  // Crossbar's
  cannotAuthenticate: "wamp.error.cannot_authenticate",
  maxConcurrencyReached: "crossbar.error.max_concurrency_reached",
  historyUnavailable: "wamp.error.history_unavailable",
  noAuthMethod: "wamp.error.no_auth_method",
  procedureExistsWithDifferentInvocationPolicy: "wamp.error.procedure_exists_with_different_invocation_policy",
  runtimeError: "wamp.error.runtime_error",
  unregistered: "wamp.error.unregistered",
} as const;

/** The reasons of GOODBYE and of the router's own ABORT that WAMP predefines, and of a session's end without either. */
export const CloseUri = {
  systemShutdown: "wamp.close.system_shutdown",
  closeRealm: "wamp.close.close_realm",
  goodbyeAndOut: "wamp.close.goodbye_and_out",
  killed: "wamp.close.killed",
  logout: "wamp.close.logout",
  normal: "wamp.close.normal",

  // Not on the wire, since the connection is gone
  transportLost: "wamp.close.transport_lost",
} as const;
