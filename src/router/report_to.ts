/**
 * Makes what a server tells its failures to: whoever is to be told, otherwise nobody.
 *
 * Strangers bring such failures about, so that neither the lack of a listener nor a listener that fails may end the process, or keep back the answer in whose
 * midst it is told.
 *
 * @param onError Told (default: nobody).
 * @returns Tells it; never throws.
 */
export function reportTo(onError: ((error: unknown) => unknown) | undefined): (error: unknown) => void {
  return (error) => {
    try {
      const told = onError?.(error);
      if (told instanceof Promise) told.catch(() => {});
    } catch {
      // It has had its chance.
    }
  };
}
