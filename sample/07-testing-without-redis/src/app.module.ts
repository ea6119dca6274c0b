import { Module } from '@nestjs/common';
import { NbAioPoolModule } from 'nestjs-nb-aiopool';
import { MailTasks } from './mail.tasks.js';
import { Mailer } from './mailer.js';
import { Members } from './members.js';
import { SignUpTasks } from './sign-up.tasks.js';
import { SignUpsController } from './sign-ups.controller.js';

/** As it runs in production: on Redis (REDIS_URL, else localhost). Nothing here knows of tests. */
@Module({
  imports: [NbAioPoolModule.forRoot()],
  controllers: [SignUpsController],
  providers: [SignUpTasks, MailTasks, Mailer, Members],
})
export class AppModule {}
