import { Global, Module } from '@nestjs/common';
import { DeviceAlerts } from '../devices/device-alerts.js';
import { ReadingJudge } from '../readings/reading-judge.js';
import { RuleAlerts } from '../rules/rule-alerts.js';
import { RulesModule } from '../rules/rules.module.js';
import { AlertBook } from './alert-book.js';
import { AlertClosing } from './alert-closing.js';
import { AlertJudge } from './alert-judge.js';
import { AlertsController } from './alerts.controller.js';
import { AlertsOfDevices } from './alerts-of-devices.js';
import { AlertsOfRules } from './alerts-of-rules.js';
import { AlertsService } from './alerts.service.js';
import { RuleStates } from './rule-states.js';

/**
 * Alerts: opened by judging readings and devices, ended by what comes or by people. Global, because readings ask for their
 * judge, and rules and devices for what becomes of their alerts.
 */
@Global()
@Module({
  imports: [RulesModule],
  controllers: [AlertsController],
  providers: [
    AlertBook,
    AlertClosing,
    AlertJudge,
    AlertsOfDevices,
    AlertsOfRules,
    AlertsService,
    RuleStates,
    { provide: DeviceAlerts, useExisting: AlertsOfDevices },
    { provide: ReadingJudge, useExisting: AlertJudge },
    { provide: RuleAlerts, useExisting: AlertsOfRules },
  ],
  exports: [DeviceAlerts, ReadingJudge, RuleAlerts],
})
export class AlertsModule {}
