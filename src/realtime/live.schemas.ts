import { z } from 'zod';
import { uuidSchema } from '../common/validation/schemas.js';
import { MUNICIPALITY_TOPICS, type Topic } from './live-topics.js';

/** More topics than this are not subscribed to by one connection. */
export const MAX_TOPICS = 1_000;

const sensorTopicSchema = z
  .templateLiteral(['readings:', z.guid()])
  .transform((topic) => topic.toLowerCase() as `readings:${string}`);

const topicSchema: z.ZodType<Topic> = z.union(
  [z.enum(MUNICIPALITY_TOPICS), sensorTopicSchema],
  `must be one of ${MUNICIPALITY_TOPICS.join(', ')}, or readings:<sensorId>`,
);

const topicsSchema = z
  .array(topicSchema)
  .min(1)
  .max(MAX_TOPICS)
  .transform((topics) => [...new Set(topics)]);

/** Body of `subscribe`. */
export const subscribeSchema = z.strictObject({
  topics: topicsSchema,
  municipalityId: uuidSchema.optional(),
  cursor: z.string().min(1).max(200).optional(),
});
export type Subscribe = z.infer<typeof subscribeSchema>;

/** Body of `unsubscribe`. */
export const unsubscribeSchema = z.strictObject({ topics: topicsSchema, municipalityId: uuidSchema.optional() });
export type Unsubscribe = z.infer<typeof unsubscribeSchema>;

/** How `subscribe` and `unsubscribe` are answered when they succeed. */
export interface SubscriptionAnswer {
  readonly ok: true;
  /** Everything that the connection is now subscribed to in this municipality. */
  readonly topics: readonly Topic[];
  /** Where a later subscription can go on: after everything that was told before this answer. */
  readonly cursor: string;
}
