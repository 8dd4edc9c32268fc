import { expect, test } from "vitest";
import { Passwords } from "../../src/nexusd/passwords.ts";

const passwords = new Passwords({ rounds: 1000 });

test("a hash says how it was made and fits its password alone", async () => {
  const hash = await passwords.hash("snow ☃");
  expect(hash).toMatch(/^\$pbkdf2-sha256\$1000\$[A-Za-z0-9./]{22}\$[A-Za-z0-9./]{43}$/);
  expect(await passwords.verify("snow ☃", hash)).toBe(true);
  expect(await passwords.verify("snow", hash)).toBe(false);
  expect(await passwords.verify("", hash)).toBe(false);
  expect(await passwords.hash("snow ☃")).not.toBe(hash);
});

test("hashes that Python's passlib made are checked with their own parameters", async () => {
  const made = "$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk";
  expect(await passwords.verify("toomanysecrets", made)).toBe(true);
  expect(await passwords.verify("TooManySecrets", made)).toBe(false);
});

test("what is no hash fits no password", async () => {
  const short = "$pbkdf2-sha256$1000$N2YMIWQsBWBMae09x1jrPQ$";
  const many = "$pbkdf2-sha256$99999999$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk";
  for (const hash of [undefined, null, "", "password", short, many, "$pbkdf2-sha256$0$a$b", "$argon2id$v=19$x"]) {
    expect(await passwords.verify("password", hash)).toBe(false);
    expect(await passwords.verify("", hash)).toBe(false);
  }
});

test("a password of more than 4096 characters is refused", async () => {
  expect(await passwords.verify("x".repeat(4096), await passwords.hash("x".repeat(4096)))).toBe(true);
  expect(await passwords.verify("x".repeat(4097), await passwords.hash("x".repeat(4097)))).toBe(false);
  expect(await passwords.verify("x".repeat(4097), await passwords.hash(""))).toBe(false);
});
