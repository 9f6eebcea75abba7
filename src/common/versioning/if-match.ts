import { BadRequestError } from '../errors/errors.js';
import type { ExpectedVersion } from './version.js';

/** Ours are the quoted version; RFC 9110 allows anything visible between the quotes. */
const ENTITY_TAG = /(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/y;
/** Empty elements of a list count as none (RFC 9110, 5.6.1). */
const SEPARATOR = /[ \t]*,[ \t,]*|[ \t]*$/y;
const VERSION = /^[1-9][0-9]{0,9}$/;

/** The entity tag (RFC 9110) of a version of a record. */
export function entityTagOf(version: number): string {
  return `"${version}"`;
}

/**
 * Reads the header `If-Match`: `"3"`, a list of such tags, or `*` for any version. Proxies that compress answers mark
 * their tags as weak (`W/"3"`), which says nothing about the version. A tag that is none of ours matches no version.
 * @throws BadRequestError `IF_MATCH_INVALID`
 */
export function parseIfMatch(header: string | undefined): ExpectedVersion {
  if (header === undefined || header.trim() === '*') return undefined;
  const tags = tagsOf(header);
  const versions = tags.filter((tag) => VERSION.test(tag)).map(Number);
  return tags.length === 1 && versions.length === 1 ? versions[0] : versions;
}

function tagsOf(header: string): string[] {
  const tags: string[] = [];
  let at = /^[ \t,]*/.exec(header)?.[0].length ?? 0;
  while (at < header.length) {
    ENTITY_TAG.lastIndex = at;
    const tag = ENTITY_TAG.exec(header);
    SEPARATOR.lastIndex = ENTITY_TAG.lastIndex;
    if (tag === null || !SEPARATOR.test(header)) throw invalid();
    tags.push(tag[1] ?? '');
    at = SEPARATOR.lastIndex;
  }
  if (tags.length === 0) throw invalid();
  return tags;
}

function invalid(): BadRequestError {
  return new BadRequestError(
    'IF_MATCH_INVALID',
    'If-Match is the version in quotes, such as "3", a list of them, or *.',
  );
}
