/** One-time passwords: a program hands its login on, to a page in a browser, say, without the password. */
import { connect, ticket } from "@izaber/wamp";
import { nexus } from "@izaber/wamp/nexus";
import { testRouter } from "@izaber/wamp/testing";

await using router = await testRouter({ users: { ada: "frontend" } });
const target = router.router.local();
await using ada = await router.client("ada");

const { plaintext_key, login } = await nexus(ada).otp.create(); // good for ten minutes
const auth = ticket(login, plaintext_key ?? "", { once: true }); // so that the client does not try it a second time
const page = await connect(target, { realm: router.realm, auth, reconnect: false });
console.log(`logged in: ${(await nexus(page).whoami()).authid}`);
const refusal = await nexus(page).otp.create().catch((error) => error.uri);
console.log(`it cannot make another one: ${refusal}`);
await page.close();

const again = ticket(login, plaintext_key ?? "");
console.log(`a second time: ${await connect(target, { realm: router.realm, auth: again }).catch(({ code }) => code)}`);
