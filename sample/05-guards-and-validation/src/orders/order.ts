import { z } from 'zod';

/** What an order must be; `copies` is 1 where it is absent. */
export const orderSchema = z.object({
  email: z.email(),
  /** The last digits of the card. */
  card: z.string().regex(/^\d{4}$/),
  items: z.array(z.object({ sku: z.string().min(1), copies: z.int().min(1).default(1) })).min(1),
});

/** An order as it is submitted. */
export type Order = z.input<typeof orderSchema>;

/** What comes of it. */
export interface Receipt {
  readonly copies: number;
  readonly card: string;
}
