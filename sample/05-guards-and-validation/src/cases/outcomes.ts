import type { SentMessage, TaskHandle } from 'nestjs-nb-aiopool';
import { TaskFailedError, TaskSchemaError } from 'nestjs-nb-aiopool';
import type { Audit } from '../orders/audit.interceptor.js';
import type { Receipt } from '../orders/order.js';

/** What became of a call, in words. */
export class Outcomes {
  constructor(private readonly audit: Audit) {}

  async of<A extends readonly unknown[]>(handle: TaskHandle<A, Receipt>, ...args: A): Promise<string> {
    let sent: SentMessage<Receipt, true>;
    try {
      sent = await handle.with({ result: 60_000 }).submit(...args);
    } catch (error) {
      if (error instanceof TaskSchemaError) return `refused at submit, ${issuesOf(error)}`;
      throw error;
    }
    const end = await this.endOf(handle, sent);
    const runs = this.audit.runsOf(sent.id);
    return `${end}, after ${runs} ${runs === 1 ? 'run' : 'runs'}`;
  }

  private async endOf<A extends readonly unknown[]>(
    handle: TaskHandle<A, Receipt>,
    sent: SentMessage<Receipt, true>,
  ): Promise<string> {
    try {
      const { copies } = await sent.result();
      return `done, ${copies} copies`;
    } catch (error) {
      if (!(error instanceof TaskFailedError)) throw error;
      const dead = await handle.listDead();
      const record = dead.find(({ id }) => id === sent.id)?.record;
      return `dead (${record?.reason}), ${(error.cause as Error).message}`;
    }
  }
}

function issuesOf({ issues }: TaskSchemaError): string {
  return issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
}
