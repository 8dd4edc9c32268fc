import { WampError } from "../wire/errors.ts";

/** Something is given up because its own client is closed or drained, which whoever does that knows. */
export class GivenUp extends WampError {}

/**
 * Gives what a promise gives. That it is {@linkcode GivenUp} is no unhandled rejection; whatever else goes wrong is one where nobody waits.
 *
 * @param made The promise.
 * @returns The one to hand out.
 */
export function orGivenUp<T>(made: Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  made.then(resolve, (error) => {
    if (error instanceof GivenUp) promise.catch(() => {});
    reject(error);
  });
  return promise;
}
