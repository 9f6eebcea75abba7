import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../database/audited.js';
import { idProperty } from '../database/base.entity.js';
import { Alert } from './alert.entity.js';
import type { PersonsChange } from './alert-change.js';

const schema = defineEntity({
  name: 'AlertNote',
  tableName: 'alert_notes',
  properties: {
    ...idProperty,
    alertId: () =>
      p.manyToOne(Alert).mapToPk().deleteRule('cascade').fieldName('alert_id').index('alert_notes_alert_id_index'),
    change: p.string().length(24).$type<PersonsChange>().fieldName('alert_change'),
    userId: p.uuid(),
    comment: p.string().length(2000).nullable(),
    createdAt: p.datetime(3).onCreate(() => new Date()),
  },
});

/** What a person did with an alert, and the comment given. */
export class AlertNote extends schema.class {}
schema.setClass(AlertNote);
notAudited(AlertNote, 'Only added, with the change of its alert, which is audited.');
