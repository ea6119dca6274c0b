import { Injectable } from '@nestjs/common';

/** Sends mails. This one only says so; in a test something else stands in its place. */
@Injectable()
export class Mailer {
  async send(to: string, text: string): Promise<void> {
    console.log(`To ${to}: ${text}`);
  }
}
