import process from "node:process";
import { expect, test } from "vitest";
import { startProgram } from "../../src/testing/server_program.ts";
import { freePorts } from "../interop/free_port.ts";
import { ServerProcess } from "../interop/server_process.ts";

/** Answers on a port with what its environment says, and starts one that answers on the next port it was given. */
const script = `
  const { createServer } = require("node:http");
  const { spawn } = require("node:child_process");
  const [port, ...rest] = process.argv.slice(-2).filter((text) => text !== "none");
  createServer((_request, response) => response.end(process.env.GREETING)).listen(Number(port), "127.0.0.1");
  if (rest.length > 0) spawn(process.execPath, ["-e", process.env.SCRIPT, rest[0], "none"], { stdio: "inherit" });`;

const said = async (port: number) => await (await fetch(`http://127.0.0.1:${port}`)).text();

test("a program is started again on the same ports, and ends with what it started", async () => {
  const ports = await freePorts(2);
  const server = new ServerProcess([process.execPath, "-e", script, ...ports.map(String)], {
    env: { GREETING: "hello", SCRIPT: script },
  });
  for (let round = 0; round < 2; round++) {
    await server.start(ports);
    try {
      expect(await Promise.all(ports.map(said))).toEqual(["hello", "hello"]);
    } finally {
      await server.stop();
    }
    for (const port of ports) await expect(said(port)).rejects.toThrow();
  }
});

test("a program that does not listen in time is stopped and refused", async () => {
  const [port] = await freePorts(1) as [number];
  const program = await startProgram([process.execPath, "-e", "setInterval(() => {}, 1000)"]);
  await expect(program!.listens(port, 200)).rejects.toMatchObject({
    code: "listen_failed",
    message: expect.stringMatching(/does not listen on port \d+: it did not within 200 ms/),
  });
  await program!.stop();
});

test("a server whose program is not installed is named", async () => {
  await expect(new ServerProcess(["no-such-server"]).start([1])).rejects.toThrow("There is no program no-such-server");
});
