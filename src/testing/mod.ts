/**
 * What tests need: faults on the way between a client and its router.
 *
 * @module
 */
export { withFaults } from "./faults.ts";
export type { FaultOptions, FaultyConnection, FaultyDialer } from "./faults.ts";
export { scriptedFaults, seededFaults } from "./fault_plans.ts";
export type {
  Fault,
  FaultKind,
  FaultPlan,
  FaultRates,
  PassingFrame,
  ScriptedFault,
  SeededOptions,
} from "./fault_plans.ts";
