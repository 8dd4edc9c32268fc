import { join } from "node:path";
import { importNexus, memoryStore, openSqliteStore } from "../nexusd/mod.ts";
import type { ImportReport } from "../nexusd/mod.ts";
import { makeDataFolder } from "./data_folder.ts";

/**
 * Takes over the data of an existing Nexus.
 *
 * @param directory Its data folder.
 * @param data The data folder that gets it.
 * @returns What came in, and what did not and why.
 * @throws {WampError} `config_missing` when there is no Nexus in the directory, `config_invalid` when nothing in it can come in, `store_locked` when a server runs on the data.
 */
export async function importData(directory: string, data: string): Promise<ImportReport> {
  // A folder that holds none is refused before anything is made.
  await importNexus(directory, memoryStore());
  makeDataFolder(data);
  const store = openSqliteStore(join(data, "nexus.db"));
  try {
    return await importNexus(directory, store);
  } finally {
    await store.close();
  }
}
