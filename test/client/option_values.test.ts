import { expect, test } from "vitest";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined, scripted } from "../support/scripted_client.ts";

const register = [
  ["match", "foo", 'the option match is "foo", expected "exact" or "prefix" or "wildcard"'],
  ["match", 5, "the option match is 5"],
  ["invoke", "bar", 'the option invoke is "bar", expected "single" or "roundrobin" or "random" or "first" or "last"'],
  ["concurrency", 0, "the option concurrency is 0, expected a whole number of at least 1"],
  ["concurrency", -1, "concurrency is -1"],
  ["concurrency", 1.5, "concurrency is 1.5"],
  ["concurrency", "2", 'concurrency is "2"'],
  ["force_reregister", "yes", 'the option force_reregister is "yes", expected true or false'],
  ["disclose_caller", null, "disclose_caller is null"],
] as const;

const subscribe = [
  ["match", "bogus", 'match is "bogus"'],
  ["get_retained", 5, "get_retained is 5, expected true or false"],
] as const;

const publish = [
  ["acknowledge", "yes", "acknowledge is"],
  ["exclude_me", 1, "exclude_me is 1"],
  ["exclude", "a", 'exclude is "a", expected an array of session ids'],
  ["exclude", [0], "exclude is an array, expected an array of session ids"],
  ["exclude_authid", "bob", 'exclude_authid is "bob", expected an array of texts'],
  ["exclude_authrole", [1], "exclude_authrole is"],
  ["eligible", 5, "eligible is 5"],
  ["eligible_authid", "bob", "eligible_authid is"],
  ["eligible_authrole", null, "eligible_authrole is null"],
  ["retain", "yes", "retain is"],
  ["disclose_me", 0, "disclose_me is 0"],
  ["ppt_scheme", 5, "ppt_scheme is 5"],
] as const;

const cases = [
  ...register.map((wrong) => ["register", ...wrong] as const),
  ...subscribe.map((wrong) => ["subscribe", ...wrong] as const),
  ...publish.map((wrong) => ["publish", ...wrong] as const),
  ["call", "disclose_me", "foo", "disclose_me is"] as const,
];

test.each(cases)("%s refuses %s: %j before anything is sent, on a client and on a session", async (...wrong) => {
  const [method, name, value, message] = wrong;
  const { client, peer } = await joined();
  for (const on of [client, client.session]) {
    const options = { [name]: value } as never;
    const outcome = method === "register" || method === "subscribe"
      ? on?.[method]("a.b", () => {}, options)
      : on?.[method]("a.b", [], {}, options);
    await expect(outcome).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining(`Cannot ${method} "a.b": `),
    });
    await expect(outcome).rejects.toThrow(message);
  }
  await client.publish("a.next");
  expect((await peer.next(MessageType.PUBLISH)).firstId).toBe(1);
  expect(client.status).toBe("ready");
});

test("a wrong value is refused at once where there is no session yet", async () => {
  const { client } = scripted();
  await expect(client.register("a.b", () => 1, { concurrency: 0 })).rejects.toMatchObject({ code: "invalid_argument" });
  await expect(client.events("a.b", { match: "bogus" as never }).ready).rejects.toMatchObject({
    code: "invalid_argument",
  });
});
