import type { WampValue } from "../../wire/values.ts";
import type { Metadata } from "../metadata.ts";
import { checkedKey, fromYaml, toListedYaml, toYaml } from "../metadata_values.ts";
import { ServiceError } from "../service_error.ts";
import type { Users } from "../users.ts";
import type { Caller, Procedure } from "./procedure.ts";

/**
 * Makes the procedures by which users put values away.
 *
 * @param metadata Where the values are.
 * @param users Whose they are.
 * @returns The procedures.
 */
export function metadataProcedures(metadata: Metadata, users: Users): Procedure[] {
  const owner = ({ authid }: Caller): string => {
    const user = users.get(authid);
    if (user === undefined) throw new ServiceError(`there is no user "${authid}", and only users have metadata`);
    return user.uuid;
  };
  const get: Pick<Procedure, "parameters" | "handler"> = {
    parameters: ["key", "yaml?"],
    handler: async ({ key, yaml }, caller) => {
      const record = await metadata.get(owner(caller), checkedKey(key));
      return record === undefined ? null : presented(record.value, yaml);
    },
  };
  const set: Pick<Procedure, "parameters" | "handler"> = {
    parameters: ["key", "value", "yaml?"],
    handler: async ({ key, value, yaml }, caller) => {
      const plain = yaml ? fromYaml(value) : value ?? null;
      const record = await metadata.set(owner(caller), checkedKey(key), plain);
      return presented(record.value, yaml);
    },
  };
  return [
    {
      name: "my.metadata.list",
      bare: true,
      parameters: ["yaml?"],
      handler: async ({ yaml }, caller) => {
        const records = await metadata.list(owner(caller));
        return Object.fromEntries(records.map(({ key, uuid, value, owner }) => [
          key,
          yaml ? { uuid, value: toListedYaml(value) } : { uuid, value, owner },
        ]));
      },
    },
    { name: "my.metadata.get", bare: true, ...get },
    { name: "my.metadata.set", bare: true, ...set },
    {
      name: "my.metadata.delete",
      bare: true,
      parameters: ["key"],
      handler: async ({ key }, caller) => {
        await metadata.delete(owner(caller), checkedKey(key));
        return null;
      },
    },
    { name: "system.preference.get", bare: false, ...get },
    { name: "system.preference.set", bare: false, ...set },
  ];
}

function presented(value: WampValue, yaml: WampValue): WampValue {
  return yaml ? toYaml(value) : value;
}
