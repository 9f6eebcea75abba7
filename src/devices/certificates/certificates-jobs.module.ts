import { Module } from '@nestjs/common';
import { DevicesModule } from '../devices.module.js';
import { CertificatesProcessor } from './certificates.processor.js';

/** Jobs about certificates of devices, for processes that do jobs. */
@Module({ imports: [DevicesModule], providers: [CertificatesProcessor] })
export class CertificatesJobsModule {}
