// For entry points only: what is inside of src imports the two files themselves, so that a bundle has those URIs alone that it uses.

/** The reasons of GOODBYE and of the router's own ABORT that WAMP predefines, and of a session's end without either. */
export * as CloseUri from "./close_uri.ts";
/**
 * The URIs of errors that WAMP predefines, and those that Crossbar and Nexus say where WAMP has no word.
 *
 * @see WAMP basic profile, "Predefined URIs"; advanced profile, "Predefined URIs"
 */
export * as ErrorUri from "./error_uri.ts";
