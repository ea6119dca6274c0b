import { Injectable } from '@nestjs/common';

/** The card will not be charged, however often it is tried. */
export class CardDeclinedError extends Error {
  override readonly name = 'CardDeclinedError';
}

/** Stands for somebody else's service. What it does depends on the card. */
@Injectable()
export class Payments {
  private readonly calls = new Map<string, number>();

  /** @throws CardDeclinedError @throws Error when the service is away */
  async charge(card: string): Promise<void> {
    const call = (this.calls.get(card) ?? 0) + 1;
    this.calls.set(card, call);
    if (card === '4000') throw new CardDeclinedError('The card is declined');
    if (card === '5000') throw new Error('The payment service is away');
    if (card === '5002' && call <= 2) throw new Error('The payment service is away');
  }
}
