import { Global, Module } from '@nestjs/common';
import { ReadingJudge } from '../readings/reading-judge.js';
import { RulesModule } from '../rules/rules.module.js';
import { AlertBook } from './alert-book.js';
import { AlertJudge } from './alert-judge.js';
import { RuleStates } from './rule-states.js';

/** Alerts: opened by judging readings, ended by readings or people. Global, because readings ask for their judge. */
@Global()
@Module({
  imports: [RulesModule],
  providers: [AlertBook, AlertJudge, RuleStates, { provide: ReadingJudge, useExisting: AlertJudge }],
  exports: [ReadingJudge],
})
export class AlertsModule {}
