import type { SwaggerDocumentOptions } from '@nestjs/swagger';
import { z } from 'zod';

type Converter = NonNullable<SwaggerDocumentOptions['standardSchemaConverter']>;

/**
 * Writes zod schemas as the JSON Schema of OpenAPI 3.1. Schemas with an id (`.meta({ id })`) become components; give
 * ids to schemas of answers, or to those that have neither defaults nor transforms, since input and output share them.
 */
export const zodToOpenApi: Converter = (schema, { schemaType }) => {
  if (!(schema instanceof z.ZodType)) return undefined;
  const {
    $defs,
    $schema: _,
    ...converted
  } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io: schemaType,
    // What JSON Schema cannot say is shown as "anything"; it must not take the whole page down.
    unrepresentable: 'any',
    override: ({ jsonSchema }) => simplify(jsonSchema),
  });
  return { schema: converted, components: $defs };
};

/** Takes out what says nothing to a reader: patterns behind a format, the limits of a JavaScript integer. */
function simplify(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.format !== undefined) delete schema.pattern;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  // Answers may grow new fields; nobody should generate a client that breaks on one.
  if (schema.additionalProperties === false) delete schema.additionalProperties;
}
