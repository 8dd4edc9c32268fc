import type { Database } from "../database.ts";
import { ServiceError, shown } from "../service_error.ts";
import type { Procedure } from "./procedure.ts";

/**
 * Makes the procedures by which records are looked at and changed.
 *
 * @param database The records.
 * @returns The procedures.
 */
export function databaseProcedures(database: Database): Procedure[] {
  return [
    {
      name: "system.db.query",
      bare: true,
      parameters: ["collection_type", "conditions", "fields?", "sort?", "limit?", "page_index?", "yaml?"],
      handler: ({ collection_type, conditions, sort, limit, page_index, yaml }, caller) =>
        database.query(caller, collection_type, { conditions, sort, limit, page_index, yaml: yaml === true }),
    },
    {
      name: "system.db.create",
      bare: true,
      parameters: ["parent_uuid", "collection_attrib", "data_rec", "yaml?"],
      handler: ({ parent_uuid, collection_attrib, data_rec }, caller) =>
        database.create(caller, parent_uuid, collection_attrib, data_rec),
    },
    {
      name: "system.db.update",
      bare: true,
      parameters: ["uid_b64s", "data_rec"],
      handler: async ({ uid_b64s, data_rec }, caller) => {
        await database.update(caller, uid_b64s, data_rec);
        return true;
      },
    },
    {
      name: "system.db.delete",
      bare: true,
      parameters: ["uid_b64s"],
      handler: async ({ uid_b64s }, caller) => {
        await database.delete(caller, uid_b64s);
        return true;
      },
    },
    {
      name: "system.db.upsert",
      bare: true,
      parameters: ["parent_uuid", "collection_attrib", "data_rec", "yaml?"],
      handler: ({ parent_uuid, collection_attrib, data_rec }, caller) =>
        database.upsert(caller, parent_uuid, collection_attrib, data_rec),
    },
    {
      name: "system.db.stats",
      bare: true,
      parameters: ["include_paths?"],
      handler: async ({ include_paths }) => {
        const counts = await database.counts();
        return include_paths === true ? { counts, paths: {} } : { counts };
      },
    },
    {
      name: "system.db.bulk_unload",
      bare: true,
      parameters: ["record_type"],
      handler: ({ record_type }) => {
        if (typeof record_type === "string") return true;
        throw new ServiceError(`record_type has to be a text such as "cookie", not ${shown(record_type)}`);
      },
    },
  ];
}
