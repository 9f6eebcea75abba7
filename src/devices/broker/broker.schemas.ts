import { z } from 'zod';

/** What a broker does not send, or sends as something else, is absent: the question is then answered by "deny". */
const word = z.string().optional().catch(undefined);

/** Body of `POST /broker/auth`. Loose: brokers send more than we ask for, each its own. */
export const brokerAuthSchema = z
  .looseObject({ clientid: word, username: word, password: word })
  .meta({ example: { clientid: 'river-gauge-017', username: 'river-gauge-017', password: '…' } });
export type BrokerAuthQuestion = z.infer<typeof brokerAuthSchema>;

/** Body of `POST /broker/acl`. */
export const brokerAclSchema = z
  .looseObject({
    clientid: word,
    username: word,
    topic: word,
    action: z.enum(['publish', 'subscribe']).optional().catch(undefined),
  })
  .meta({
    example: {
      clientid: 'river-gauge-017',
      username: 'river-gauge-017',
      topic: 'sensors/river-gauge-017/data',
      action: 'publish',
    },
  });
export type BrokerAclQuestion = z.infer<typeof brokerAclSchema>;

/** Answer to both, in the form of EMQX. */
export const brokerDecisionSchema = z.object({ result: z.enum(['allow', 'deny']) });
export type BrokerAnswer = z.infer<typeof brokerDecisionSchema>;
