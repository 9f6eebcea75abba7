import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../auth/access.decorators.js';
import { ApiData } from '../common/openapi/api-data.decorator.js';
import { PERMISSION_CODES } from './permissions.js';
import { toPermissionItem } from './role.mapper.js';
import { PERMISSION_EXAMPLE, permissionListSchema, type PermissionItem } from './role.schemas.js';

/** The closed list of what roles can allow. */
@ApiTags('roles')
@Controller('permissions')
export class PermissionsController {
  @Get()
  @RequirePermission('role:read')
  @ApiOperation({ summary: 'Every permission there is, with the built-in roles that have it' })
  @ApiData(permissionListSchema, { example: [PERMISSION_EXAMPLE] })
  list(): PermissionItem[] {
    return PERMISSION_CODES.map(toPermissionItem);
  }
}
