import { Global, Module } from '@nestjs/common';
import { MunicipalitiesController } from './municipalities.controller.js';
import { MunicipalityChanges } from './municipality-changes.js';
import { MunicipalityService } from './municipality.service.js';

/** Tenancy: the municipalities of the country. Global, because rooms above take part in what becomes of them. */
@Global()
@Module({
  controllers: [MunicipalitiesController],
  providers: [MunicipalityChanges, MunicipalityService],
  exports: [MunicipalityChanges, MunicipalityService],
})
export class MunicipalitiesModule {}
