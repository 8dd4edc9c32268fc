/** Which web pages may connect: their origins, `*` in them standing for anything, or a function that is asked. */
export type Origins = readonly string[] | ((origin: string, host: string) => boolean);

/**
 * Tells whether only this machine can be reached by a host.
 *
 * @param host An address or a name, as a URL has it.
 * @returns Whether it is one of this machine's own.
 */
export function isLoopback(host: string): boolean {
  return /^(?:(?:[^.]+\.)*localhost|127(?:\.\d{1,3}){3}|::1|\[::1\]|::ffff:127(?:\.\d{1,3}){3})$/i.test(host);
}

/**
 * Tells whether an origin is a page of this machine.
 *
 * @param origin The origin.
 * @returns Whether it is.
 */
export function isLoopbackOrigin(origin: string): boolean {
  return URL.canParse(origin) && isLoopback(new URL(origin).hostname);
}

/**
 * Tells whether a page may connect: a browser lets any page open a WebSocket to anywhere, with the cookies of the server, and says only in `Origin`
 * where the page is from.
 *
 * @param origins Which may; undefined for the default: those of the host that the request is for, and those of this machine.
 * @param origin The header `Origin`; undefined of a program, which may.
 * @param host The header `Host`.
 * @returns Whether it may.
 *
 * @see RFC 6455, section 10.2
 */
export function mayConnect(origins: Origins | undefined, origin: string | undefined, host: string): boolean {
  if (origin === undefined) return true;
  if (origins === undefined) return isOf(host, origin) || isLoopbackOrigin(origin);
  if (typeof origins === "function") return isAllowed(origins, origin, host);
  return origins.some((pattern) => matches(pattern.toLowerCase(), origin.toLowerCase()));
}

// Any client can send what a function does not expect, such as an origin that is no URL.
function isAllowed(origins: (origin: string, host: string) => boolean, origin: string, host: string): boolean {
  try {
    return origins(origin, host);
  } catch {
    return false;
  }
}

function isOf(host: string, origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, host: own } = new URL(origin);
  // The default port of the page's own scheme goes unsaid in the one and perhaps not in the other.
  const port = protocol === "https:" ? ":443" : ":80";
  const asked = host.toLowerCase();
  return own !== "" && (asked === own || asked === own + port);
}

function matches(pattern: string, origin: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return origin === pattern;
  if (!origin.startsWith(first)) return false;
  let at = first.length;
  const last = rest.pop()!;
  for (const part of rest) {
    const found = origin.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return origin.length - at >= last.length && origin.endsWith(last);
}
