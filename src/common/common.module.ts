import { Global, Module } from '@nestjs/common';
import { Clock, SystemClock } from './clock.js';
import { ErrorTranslation } from './errors/error-translation.js';

/** What every room may ask for without importing it: the clock, and the translation of errors that rooms add to. */
@Global()
@Module({
  providers: [{ provide: Clock, useClass: SystemClock }, ErrorTranslation],
  exports: [Clock, ErrorTranslation],
})
export class CommonModule {}
