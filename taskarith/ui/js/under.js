// Records by names that people chose: a task may be called "constructor", which every object has.

/**
 * What a record holds under a name; undefined where it holds nothing of its own.
 * @template T
 * @param {Record<string, T> | null | undefined} record
 * @param {string} name
 * @returns {T | undefined}
 */
export function under(record, name) {
  return record && Object.hasOwn(record, name) ? record[name] : undefined;
}
