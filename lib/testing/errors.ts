import { NbError } from '../errors.js';

/** The testing kit was used in a way that can't work: without an application, twice, or for a task that never ends. */
export class TestTasksError extends NbError {
  readonly code = 'NB_TEST_TASKS';
}

/** A message can't run: no provider of the application under test has its task. The message names class and queue. */
export class TestTaskAbsentError extends NbError {
  readonly code = 'NB_TEST_TASK_ABSENT';
}

/** `run()` or `result()` waited for a message that nothing would have run. The message says what it waits for. */
export class TestTaskStuckError extends NbError {
  readonly code = 'NB_TEST_TASK_STUCK';
}
