/** The client alone, against any Nexus: `NEXUS_URL=ws://127.0.0.1:8080/ws NEXUS_USER=admin NEXUS_PASSWORD=... node examples/client.ts` */
import process from "node:process";
import { connect, ticket } from "@izaber/wamp";

const { NEXUS_URL = "ws://127.0.0.1:8080/ws", NEXUS_USER = "admin", NEXUS_PASSWORD = "" } = process.env;
const auth = ticket(NEXUS_USER, NEXUS_PASSWORD);
const wamp = await connect(NEXUS_URL, { realm: "izaber", auth, prefix: "com.izaber.wamp" });
console.log(await wamp.call("auth.whoami"));
await wamp.close();
