import { Migration } from '@mikro-orm/migrations';

/** Certificates of devices, and the authorities that sign them. */
export class Migration20261124010000_certificates extends Migration {
  override up(): void {
    this.addSql(`create table device_authorities (id varchar(64) primary key, generation int not null,
      certificate_pem text not null, private_key_encrypted text null, signs_from timestamptz(3) not null,
      crl_number int not null default 0, crl_digest varchar(64) null, crl_made_at timestamptz(3) null, created_at timestamptz(3) not null,
      constraint device_authorities_generation_unique unique (generation))`);
    this.certificates();
  }

  private certificates(): void {
    this.addSql(`create table device_certificates (fingerprint varchar(64) primary key, credential_id uuid not null,
      device_id varchar(64) not null, municipality_id uuid not null, authority_id varchar(64) not null,
      serial_number varchar(40) not null, algorithm varchar(16) not null, not_before timestamptz(3) not null, not_after timestamptz(3) not null,
      revoked_at timestamptz(3) null, revocation_reason varchar(32) null, expiry_stage int not null default 0, created_at timestamptz(3) not null,
      constraint device_certificates_credential_id_unique unique (credential_id),
      constraint device_certificates_municipality_id_foreign foreign key (municipality_id) references municipalities (id),
      constraint device_certificates_authority_id_foreign foreign key (authority_id) references device_authorities (id))`);
    this.addSql(
      `create index device_certificates_device_id_credential_id_index on device_certificates (device_id, credential_id)`,
    );
    this.addSql(`create index device_certificates_municipality_id_index on device_certificates (municipality_id)`);
    this.addSql(`create index device_certificates_authority_id_index on device_certificates (authority_id)`);
    this.addSql(`create index device_certificates_not_after_index on device_certificates (not_after)`);
  }

  override down(): void {
    this.addSql(`drop table device_certificates`);
    this.addSql(`drop table device_authorities`);
  }
}
