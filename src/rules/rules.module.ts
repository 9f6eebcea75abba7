import { Module } from '@nestjs/common';
import { RuleBook } from './rule-book.js';
import { RulesController } from './rules.controller.js';
import { RulesService } from './rules.service.js';

/** Rules as data, and the ones in force in memory. `RuleAlerts` comes from the alerts room. */
@Module({ controllers: [RulesController], providers: [RuleBook, RulesService], exports: [RuleBook] })
export class RulesModule {}
