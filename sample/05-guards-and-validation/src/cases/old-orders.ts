import { AioTask } from 'nestjs-nb-aiopool';
import type { Receipt } from '../orders/order.js';

/**
 * Stands for a process of an older version, or in another language: it writes to the same queue without the schema.
 * It is no provider, so it is never run.
 */
export class OldOrders {
  @AioTask({ queue: 'orders', name: 'place' })
  async place(_order: unknown): Promise<Receipt> {
    throw new Error('It is run elsewhere.');
  }
}
