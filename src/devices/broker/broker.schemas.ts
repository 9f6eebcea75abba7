import { z } from 'zod';

/** What a broker does not send, or sends as something else, is absent: the question is then answered by "deny". */
const word = z.string().optional().catch(undefined);

/** What a placeholder of EMQX becomes that has no value; not the name of anybody. */
const named = word.transform((name) => (name === '' || name === 'undefined' ? undefined : name));

/** Body of `POST /broker/auth`. Loose: brokers send more than we ask for, each its own. */
export const brokerAuthSchema = z
  .looseObject({ clientid: word, username: word, password: word, cert_common_name: named })
  .meta({
    example: {
      clientid: 'river-gauge-017',
      username: 'river-gauge-017~0199c1a4-5b7e-7d20-9c41-2f8e6a3d1b57',
      password: '…',
    },
  });
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
      username: 'river-gauge-017~0199c1a4-5b7e-7d20-9c41-2f8e6a3d1b57',
      topic: 'sensors/river-gauge-017/data',
      action: 'publish',
    },
  });
export type BrokerAclQuestion = z.infer<typeof brokerAclSchema>;

/** Answer to it, in the form of EMQX. */
export const brokerAdmissionSchema = z.object({
  result: z.enum(['allow', 'deny']),
  is_superuser: z.literal(false),
  expire_at: z.int().optional().describe('When the credential ends by itself, epoch seconds (EMQX ≥ 5.8)'),
});
export type BrokerAdmissionAnswer = z.infer<typeof brokerAdmissionSchema>;

/** Answer to a question about a topic, in the form of EMQX. */
export const brokerDecisionSchema = z.object({ result: z.enum(['allow', 'deny']) });
export type BrokerAnswer = z.infer<typeof brokerDecisionSchema>;

/** Bodies of mosquitto-go-auth (`http_params_mode json`); `acc` as Mosquitto numbers it. */
export const goAuthUserSchema = z.looseObject({ username: word, password: word, clientid: word }).meta({
  example: {
    username: 'river-gauge-017~0199c1a4-5b7e-7d20-9c41-2f8e6a3d1b57',
    password: '…',
    clientid: 'river-gauge-017',
  },
});
export type GoAuthUser = z.infer<typeof goAuthUserSchema>;

export const goAuthAclSchema = z
  .looseObject({ username: word, clientid: word, topic: word, acc: z.int().optional().catch(undefined) })
  .meta({
    example: {
      username: 'river-gauge-017~0199c1a4-5b7e-7d20-9c41-2f8e6a3d1b57',
      clientid: 'river-gauge-017',
      topic: 'sensors/river-gauge-017/data',
      acc: 2,
    },
  });
export type GoAuthAcl = z.infer<typeof goAuthAclSchema>;

/** Answer to mosquitto-go-auth, right for `http_response_mode status` and `json`. */
export const goAuthAnswerSchema = z.object({ ok: z.boolean(), error: z.string() });
export type GoAuthAnswer = z.infer<typeof goAuthAnswerSchema>;
