/**
 * Objects and classes as services, concurrency queues, and procedures that check what they are given.
 *
 * @example
 * ```ts
 * import { connect } from "@izaber/wamp";
 * import { openRealm, Router } from "@izaber/wamp/router";
 * import { service } from "@izaber/wamp/service";
 *
 * const router = new Router({ realms: [openRealm("realm1")] });
 * await using wamp = await connect(router.local(), { realm: "realm1" });
 *
 * await using greeter = await service(wamp, {
 *   greeting: "Hello",
 *   procedures: { "com.example.hello": "hello" },
 *   hello([name]: [string]) {
 *     return `${this.greeting} ${name}`;
 *   },
 * });
 * greeter.object.greeting = "Welcome";
 * if (await wamp.call("com.example.hello", ["you"]) !== "Welcome you") throw new Error("unexpected");
 * ```
 *
 * @module
 */
export type { ProcedureDeclaration, Procedures, TopicDeclaration, Topics } from "./declarations.ts";
export type { InvocationQueue, InvocationQueues, JobOptions, Slot } from "../client/invocation_queue.ts";
export { queued } from "../client/queued.ts";
export { procedure, topic } from "./decorators.ts";
export type { Lifecycle } from "./lifecycle.ts";
export { ConcurrencyQueue } from "./queue.ts";
export type { AllQueueOptions, QueueOptions, RejectPolicy } from "./queue_options.ts";
export { queuedEvents } from "./queued_events.ts";
export { Queues } from "./queues.ts";
export type { Durations, QueueStatistics } from "./queue_statistics.ts";
export { run } from "./run.ts";
export type { LogLevel, Running, RunOptions } from "./run.ts";
export { Service, service } from "./service.ts";
export type { ServiceObject, ServiceOptions } from "./service.ts";
export type { StandardIssue, StandardResult, StandardSchema, Validated } from "../client/standard_schema.ts";
export { validated } from "../client/validated.ts";
export type { ProcedureSchemas } from "../client/validated.ts";
