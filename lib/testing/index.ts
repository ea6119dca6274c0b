export { TestTaskAbsentError, TestTasksError, TestTaskStuckError } from './errors.js';
export type { CallState, SubmittedCall, TaskArguments, TaskMethod } from './submitted-call.js';
export type { DrainReport } from './tally.js';
export type { TestClock } from './test-clock.js';
export {
  testTasks,
  type DrainOptions,
  type ProviderOverrides,
  type TestTasks,
  type TestTasksOptions,
} from './test-tasks.js';
