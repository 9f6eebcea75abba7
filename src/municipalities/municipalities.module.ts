import { Module } from '@nestjs/common';
import { MunicipalitiesController } from './municipalities.controller.js';
import { MunicipalityChanges } from './municipality-changes.js';
import { MunicipalityService } from './municipality.service.js';

/** Tenancy: the municipalities of the country. */
@Module({
  controllers: [MunicipalitiesController],
  providers: [MunicipalityChanges, MunicipalityService],
  exports: [MunicipalityChanges, MunicipalityService],
})
export class MunicipalitiesModule {}
