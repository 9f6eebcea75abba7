import { z } from 'zod';

/** What an access rule is about; the two forms of subscribing differ in whether the topic may match others. */
export type AclType =
  | 'publishClientSend'
  | 'publishClientReceive'
  | 'subscribeLiteral'
  | 'subscribePattern'
  | 'unsubscribeLiteral'
  | 'unsubscribePattern';

/** One rule of a role. Without a priority it has 0. */
export interface Acl {
  readonly acltype: AclType;
  readonly topic: string;
  readonly priority?: number;
  readonly allow: boolean;
}

/** What holds where no rule of a role does. */
export interface DefaultAccess {
  readonly publishClientSend: boolean;
  readonly publishClientReceive: boolean;
  readonly subscribe: boolean;
  readonly unsubscribe: boolean;
}

/** A command of `$CONTROL/dynamic-security/v1`, as far as we use it. */
export type DynsecCommand =
  | {
      readonly command: 'createClient';
      readonly username: string;
      readonly password?: string;
      readonly clientid?: string;
      readonly roles: readonly { readonly rolename: string }[];
    }
  | { readonly command: 'deleteClient'; readonly username: string }
  | { readonly command: 'createRole' | 'modifyRole'; readonly rolename: string; readonly acls: readonly Acl[] }
  | { readonly command: 'deleteRole'; readonly rolename: string }
  | {
      readonly command: 'setDefaultACLAccess';
      readonly acls: readonly { readonly acltype: keyof DefaultAccess; readonly allow: boolean }[];
    }
  | { readonly command: 'getDefaultACLAccess' }
  | {
      readonly command: 'listClients' | 'listRoles';
      readonly verbose: boolean;
      readonly count: number;
      readonly offset: number;
    };

const named = z.looseObject({ rolename: z.string() });

/** A client as `listClients` tells it; its password is never told. */
export const listedClientSchema = z.looseObject({
  username: z.string(),
  clientid: z.string().optional(),
  disabled: z.boolean().optional(),
  roles: z.array(named).default([]),
  groups: z.array(z.looseObject({ groupname: z.string() })).default([]),
});
export type ListedClient = z.infer<typeof listedClientSchema>;

/** A role as `listRoles` tells it. */
export const listedRoleSchema = z.looseObject({
  rolename: z.string(),
  acls: z
    .array(
      z.looseObject({ acltype: z.string(), topic: z.string(), priority: z.number().default(0), allow: z.boolean() }),
    )
    .default([]),
});
export type ListedRole = z.infer<typeof listedRoleSchema>;

/** Answer to one command. */
export const responseSchema = z.looseObject({
  command: z.string(),
  error: z.string().optional(),
  correlationData: z.string().optional(),
  data: z.unknown().optional(),
});
export type DynsecResponse = z.infer<typeof responseSchema>;

/** What arrives on the response topic. */
export const responsesSchema = z.looseObject({ responses: z.array(responseSchema) });

export const clientPageSchema = z.looseObject({ totalCount: z.number(), clients: z.array(listedClientSchema) });
export const rolePageSchema = z.looseObject({ totalCount: z.number(), roles: z.array(listedRoleSchema) });
export const defaultAccessSchema = z.looseObject({
  acls: z.array(z.looseObject({ acltype: z.string(), allow: z.boolean() })),
});
