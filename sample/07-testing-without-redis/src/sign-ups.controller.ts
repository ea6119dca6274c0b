import { Body, Controller, Post } from '@nestjs/common';
import { InjectTasks, Tasks, type SentMessage } from 'nestjs-nb-aiopool';
import { SignUpTasks } from './sign-up.tasks.js';

@Controller('sign-ups')
export class SignUpsController {
  constructor(@InjectTasks(SignUpTasks) private readonly signUps: Tasks<SignUpTasks>) {}

  /** Answers as soon as the call is stored. */
  @Post()
  create(@Body() { email, name }: { email: string; name: string }): Promise<SentMessage<number>> {
    return this.signUps.complete.submit(email, name);
  }
}
