import { warn } from '../pool/failures.js';

/** Tells of the errors that a call can no longer deliver: each of them once, and none of them lost. */
export class LateFailures {
  readonly #call: string;
  readonly #onError: (error: unknown) => unknown;

  constructor(call: string, onError: ((error: unknown) => unknown) | undefined) {
    this.#call = call;
    this.#onError =
      onError ??
      ((error) =>
        warn(
          `${call} had ended already when this failed; set onError to handle it`,
          'NB_UNASKED_FAILURE',
          error,
        ));
  }

  /** `onError` is the user's: neither its throwing nor its promise may reach the call. */
  readonly report = (error: unknown): void => {
    void new Promise((resolve) => resolve(this.#onError(error))).catch((thrown: unknown) =>
      warn(`onError of ${this.#call} failed itself`, 'NB_ON_ERROR_FAILED', thrown),
    );
  };
}
