import { expect, test } from "vitest";
import { rawSocketDialer } from "@izaber/wamp/rawsocket";

const url = "tcpips://127.0.0.1:1";

test.each([
  [null, "options is null, expected an object such as { highWaterMark: 65_536 }"],
  [{ pingIntervall: 1 }, 'there is no option "pingIntervall"; there are maxMessageSize, highWaterMark'],
  [{ maxMessageSize: 1000 }, "the option maxMessageSize is 1000, expected a power of two from 512 to 16777216"],
  [{ maxMessageSize: "1024" }, 'the option maxMessageSize is "1024"'],
  [{ maxMessageSize: Infinity }, "the option maxMessageSize is Infinity"],
  [{ highWaterMark: 0 }, "the option highWaterMark is 0, expected a number above 0"],
  [{ closeTimeout: "5s" }, 'the option closeTimeout is "5s"'],
  [{ tls: true }, "the option tls is true, expected an object with ca, cert, key, servername"],
  [{ tls: { cafile: "ca.pem" } }, 'there is no option "tls.cafile"; there are ca, cert, key, servername'],
  [{ tls: { servername: 5 } }, "the option tls.servername is 5, expected a text"],
  [{ tls: { ca: null } }, "the option tls.ca is null, expected a text in PEM"],
])("rawSocketDialer refuses %j where it is given", (options, message) => {
  expect(() => rawSocketDialer(url, options as never)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
  expect(() => rawSocketDialer(url, options as never)).toThrow(`Cannot make a dialer: ${message}`);
});

test("rawSocketDialer takes what there is", () => {
  const tls = { ca: "ca", cert: "cert", key: "key", servername: "router.example" };
  const options = { maxMessageSize: 512, highWaterMark: Infinity, closeTimeout: 0, tls };
  for (const good of [undefined, {}, options, { tls: undefined }]) {
    expect(rawSocketDialer(url, good as never).url).toBe(url);
  }
});
