import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { NbAioPoolModuleOptions } from '../module-options.js';

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<NbAioPoolModuleOptions>({ moduleName: 'NbAioPool' })
    .setClassMethodName('forRoot')
    .build();
