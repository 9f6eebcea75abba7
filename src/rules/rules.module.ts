import { Module } from '@nestjs/common';
import { RuleBook } from './rule-book.js';

/** Rules as data, and the ones in force in memory. */
@Module({ providers: [RuleBook], exports: [RuleBook] })
export class RulesModule {}
