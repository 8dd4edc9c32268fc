/** API keys: passwords for programs, which end, and which can do less than the user. */
import { connect, RemoteError, ticket } from "@izaber/wamp";
import { nexus, permissions } from "@izaber/wamp/nexus";
import { testRouter } from "@izaber/wamp/testing";

await using router = await testRouter({ users: { ada: "frontend" } });
await using ada = await router.client("ada");
const { apikeys } = nexus(ada);

const key = await apikeys.create({
  description: "the report at night",
  expires: new Date(Date.now() + 30 * 86_400_000),
  permissions: permissions().allow("com.izaber.wamp.auth.whoami", "call"), // and nothing else
});
const auth = ticket("ada", key.plaintext_key ?? "");
const report = await connect(router.router.local(), { realm: router.realm, auth });
console.log(`the key logs in ${(await nexus(report).whoami()).authid}`);
try {
  await nexus(report).metadata.list();
} catch (error) {
  if (!(error instanceof RemoteError)) throw error;
  console.log(`for anything else: ${error.uri}`);
}
await report.close();

console.log((await apikeys.list()).map(({ description }) => description).join());
await apikeys.delete(key.uuid);
const refused = await connect(router.router.local(), { realm: router.realm, auth }).catch((error) => error.code);
console.log(`after its end: ${refused}`);
