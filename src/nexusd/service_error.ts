import { RemoteError } from "../wire/errors.ts";

/** What is refused for lack of permission: at login and inside of services. */
export const permissionDenied = { uri: "com.izaber.wamp.error.permissiondenied", text: "Permission Denied" } as const;

/** The URI of every other error of the built-in procedures. */
export const SERVICE_ERROR = "com.izaber.wamp.error";

/** What a built-in procedure cannot do, in words that the caller may read. */
export class ServiceError extends RemoteError {
  override name = "RemoteError";

  /** @param text What was wrong, with which value, and what to do. */
  constructor(text: string) {
    super(SERVICE_ERROR, [text]);
  }
}
