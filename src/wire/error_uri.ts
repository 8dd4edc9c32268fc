/**
 * One constant each, so that a bundle has those that it uses.
 *
 * @see WAMP basic profile, "Predefined URIs"; advanced profile, "Predefined URIs"
 * @module
 */

// WAMP's
export const invalidUri = "wamp.error.invalid_uri";
export const noSuchProcedure = "wamp.error.no_such_procedure";
export const procedureAlreadyExists = "wamp.error.procedure_already_exists";
export const noSuchRegistration = "wamp.error.no_such_registration";
export const noSuchSubscription = "wamp.error.no_such_subscription";
export const noSuchSession = "wamp.error.no_such_session";
export const invalidArgument = "wamp.error.invalid_argument";
export const canceled = "wamp.error.canceled";
export const payloadSizeExceeded = "wamp.error.payload_size_exceeded";
export const protocolViolation = "wamp.error.protocol_violation";
export const notAuthorized = "wamp.error.not_authorized";
export const authorizationFailed = "wamp.error.authorization_failed";
export const noSuchRealm = "wamp.error.no_such_realm";
export const noSuchRole = "wamp.error.no_such_role";
export const noMatchingAuthMethod = "wamp.error.no_matching_auth_method";
export const noSuchPrincipal = "wamp.error.no_such_principal";
export const authenticationDenied = "wamp.error.authentication_denied";
export const authenticationFailed = "wamp.error.authentication_failed";
export const authenticationRequired = "wamp.error.authentication_required";
export const timeout = "wamp.error.timeout";
export const optionNotAllowed = "wamp.error.option_not_allowed";
export const networkFailure = "wamp.error.network_failure";
export const unavailable = "wamp.error.unavailable";
export const noAvailableCallee = "wamp.error.no_available_callee";
export const featureNotSupported = "wamp.error.feature_not_supported";

// Crossbar's
export const cannotAuthenticate = "wamp.error.cannot_authenticate";
export const maxConcurrencyReached = "crossbar.error.max_concurrency_reached";
export const historyUnavailable = "wamp.error.history_unavailable";
export const noAuthMethod = "wamp.error.no_auth_method";
export const procedureExistsWithDifferentInvocationPolicy =
  "wamp.error.procedure_exists_with_different_invocation_policy";
export const runtimeError = "wamp.error.runtime_error";
export const unregistered = "wamp.error.unregistered";
