/** The keys of one queue. All share the hash tag `{queue}`, so they live in one slot of a Redis Cluster. */
export class QueueKeys {
  /** What every key of the queue starts with. */
  readonly base: string;
  readonly messages: string;
  readonly parted: string;
  readonly ready: string;
  readonly suspects: string;
  readonly delayed: string;
  readonly consumers: string;
  readonly recovering: string;
  readonly histories: string;
  readonly dead: string;
  readonly reasons: string;
  readonly meta: string;
  readonly wake: string;
  readonly producers: string;
  /** A channel, not a key: `id` followed by the result. */
  readonly results: string;

  constructor(prefix: string, queue: string) {
    this.base = `${prefix}:{${queue}}:`;
    this.messages = `${this.base}messages`;
    this.parted = `${this.base}parted`;
    this.ready = `${this.base}ready`;
    this.suspects = `${this.base}suspects`;
    this.delayed = `${this.base}delayed`;
    this.consumers = `${this.base}consumers`;
    this.recovering = `${this.base}recovering`;
    this.histories = `${this.base}histories`;
    this.dead = `${this.base}dead`;
    this.reasons = `${this.base}reasons`;
    this.meta = `${this.base}meta`;
    this.wake = `${this.base}wake`;
    this.producers = `${this.base}producers`;
    this.results = `${this.base}results`;
  }

  active(consumer: string): string {
    return `${this.base}active:${consumer}`;
  }

  call(consumer: string): string {
    return `${this.base}call:${consumer}`;
  }

  result(id: string): string {
    return `${this.base}result:${id}`;
  }
}
