import { Injectable, UseFilters, UseInterceptors } from '@nestjs/common';
import { AioTask } from 'nestjs-nb-aiopool';
import { AuditInterceptor } from './audit.interceptor.js';
import { DeclinedFilter } from './declined.filter.js';
import { orderSchema, type Order, type Receipt } from './order.js';
import { Payments } from './payments.js';

@Injectable()
@UseInterceptors(AuditInterceptor)
@UseFilters(DeclinedFilter)
export class OrderTasks {
  constructor(private readonly payments: Payments) {}

  /** The schema was checked when the order was submitted, and is again here: others may write to the queue. */
  @AioTask({
    queue: 'orders',
    schema: [orderSchema],
    retry: { maxAttempts: 3, delay: 20, jitter: 'none' },
  })
  async place(order: Order): Promise<Receipt> {
    await this.payments.charge(order.card);
    return { copies: order.items.reduce((sum, { copies = 0 }) => sum + copies, 0), card: order.card };
  }
}
