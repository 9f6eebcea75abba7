import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { addSecuritySchemes } from './auth/openapi-security.js';
import { addProblemResponses } from './common/openapi/problem-responses.js';
import { addRateLimitHeaders } from './common/openapi/rate-limit-headers.js';
import { zodToOpenApi } from './common/openapi/schema-converter.js';

const DESCRIPTION = [
  'Water-network monitoring and flood warning. Answers are `{data, meta}`; lists are paged by `?limit=&cursor=`.',
  'Errors are RFC 9457 problems with a stable `code`. Every answer has an `X-Request-Id`.',
].join('\n');

/** Writes the OpenAPI 3.1 document of all routes that the application has. */
export function createOpenApiDocument(app: INestApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('HydroAlert API')
    .setDescription(DESCRIPTION)
    .setVersion('1');
  const base = addSecuritySchemes(builder).build();
  const operationIdFactory = (controller: string, method: string) =>
    `${controller.replace(/Controller$/, '')}_${method}`;
  const document = SwaggerModule.createDocument(app, base, {
    standardSchemaConverter: zodToOpenApi,
    operationIdFactory,
  });
  return addRateLimitHeaders(addProblemResponses(document));
}

/** Serves the document at `/docs-json` and its page at `/docs`; it is written when it is first asked for. */
export function setUpOpenApi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => createOpenApiDocument(app), {
    jsonDocumentUrl: 'docs-json',
    yamlDocumentUrl: 'docs-yaml',
    customSiteTitle: 'HydroAlert API',
    swaggerOptions: { persistAuthorization: true },
  });
}
