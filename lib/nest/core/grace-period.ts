import { endsWithin } from '../../queue/consumer/time-limit.js';

/** The time that a shutdown has, in ms, counted from its first question. Consumers and pools share it. */
export class GracePeriod {
  private deadline: number | undefined;

  constructor(private readonly grace: number) {}

  get left(): number {
    this.deadline ??= performance.now() + this.grace;
    return Math.max(0, this.deadline - performance.now());
  }

  /** Whether `work` ended in the time that is left. */
  readonly allows = (work: Promise<unknown>): Promise<boolean> => endsWithin(this.left, work);
}
