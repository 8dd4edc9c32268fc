import { SERVICE_ERROR } from "../nexusd/service_error.ts";
import { RemoteError } from "../wire/errors.ts";

/**
 * Makes the error for what is not there: some operations answer no more than that nothing was done.
 *
 * @param what What was named, such as `session 5`.
 * @returns The error, as of an operation that refuses.
 */
export function nothingThere(what: string): RemoteError {
  return new RemoteError(SERVICE_ERROR, [`there is no ${what}`]);
}
