import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction.js';
import type { NewLiveEvent } from '../outbox/live-event.js';
import { RuleAlerts } from '../rules/rule-alerts.js';
import type { AlertRule } from '../rules/alert-rule.entity.js';
import { PHASE } from '../rules/evaluator.js';
import { watches } from '../rules/rule-book.js';
import { AlertClosing } from './alert-closing.js';

interface OpenAlert {
  alert_id: string;
  sensor_id: string;
  series_id: number;
  municipality_id: string;
  type_code: string;
}

/** Closes the alerts of rules that stop to watch. */
@Injectable()
export class AlertsOfRules extends RuleAlerts {
  constructor(private readonly closing: AlertClosing) {
    super();
  }

  override async lock(tx: Transaction, ruleId: string): Promise<void> {
    const { rows } = await tx.query<{ series_id: number }>(
      `select series_id from rule_states where rule_id = ? and phase <> ${PHASE.clear} order by series_id`,
      [ruleId],
    );
    await this.closing.lockSeries(
      tx,
      rows.map((row) => row.series_id),
    );
  }

  override async release(tx: Transaction, rule: AlertRule, userId: string): Promise<NewLiveEvent[]> {
    const inForce = rule.enabled && (rule.deletedAt ?? null) === null;
    const left = (await this.openAlerts(tx, rule.id)).filter((alert) => !inForce || !watches(rule, sensorOf(alert)));
    if (left.length === 0) return [];
    // An alert may have opened between the first look and the rule's lock; its series is locked now, out of order.
    const seriesIds = left.map((alert) => alert.series_id);
    await this.closing.lockSeries(tx, seriesIds);
    const ids = left.map((alert) => alert.alert_id);
    const alerts = await this.closing.lockAlerts(tx, { id: { $in: ids }, openMarker: 1 });
    return this.closing.close(tx, alerts, seriesIds, { userId, comment: reasonOf(rule) });
  }

  /** The rule's open alerts of all municipalities it watches: a rule is changed as a whole. */
  private async openAlerts(tx: Transaction, ruleId: string): Promise<OpenAlert[]> {
    const { rows } = await tx.query<OpenAlert>(
      `select a.id as alert_id, s.id as sensor_id, s.series_id, s.municipality_id, t.code as type_code
       from alerts a join sensors s on s.id = a.sensor_id join sensor_types t on t.id = s.sensor_type_id
       where a.rule_id = ? and a.open_marker = 1 order by s.series_id`,
      [ruleId],
    );
    return rows;
  }
}

function sensorOf({ sensor_id, municipality_id, type_code }: OpenAlert) {
  return { id: sensor_id, municipalityId: municipality_id, typeCode: type_code };
}

/** Stands in the note of each alert. */
function reasonOf(rule: AlertRule): string {
  if (rule.deletedAt) return 'The rule was deleted.';
  return rule.enabled ? 'The rule does not watch this sensor any more.' : 'The rule was disabled.';
}
