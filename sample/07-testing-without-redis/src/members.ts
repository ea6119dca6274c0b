import { Injectable } from '@nestjs/common';

@Injectable()
export class Members {
  private readonly emails = new Set<string>();

  get count(): number {
    return this.emails.size;
  }

  /** Whether it is new. */
  add(email: string): boolean {
    const isNew = !this.emails.has(email);
    this.emails.add(email);
    return isNew;
  }
}
