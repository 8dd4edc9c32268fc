import { writeFileSync } from "node:fs";
import process from "node:process";
import { Command } from "commander";
import { WampError } from "../wire/errors.ts";
import { fileProblem } from "./file_problem.ts";

/** What `nexus init` writes: everything that is not a comment is as it would be without the line. */
const CONFIG = `# The configuration of a Nexus: nexus serve --config nexus.yaml
# Paths are relative to this file, times are in seconds. What is commented out shows the default, unless it says otherwise.
# SIGHUP takes in certificates, a changed seed, users, roles and permissions again; for the rest restart it.
nexus:
  realm: izaber

  db:
    path: ./nexus-data                # the folder with users, roles, permissions and whatever else is kept
    # startup_sync: false             # take over the users of ldap at the start, too
    # startup_vacuum: false           # clean up at the start, too, and not two minutes later
    # notification_startup_grace: 120 # for so long after the start nobody is warned of missing services
    # zombie_lifespan:                # after so long without its procedure a record is removed; default never
    # disable_startup_reset: false    # whether procedures count as there until they are missed

  # seed: seed.yaml                   # roles and users for an empty folder; default a user admin, whose password is shown once
  # time_zone: America/Vancouver      # where the times of warnings are meant

  # cookie:
  #   max_age: 604800                 # browsers are known again for so long after their last visit
  #   secure: false                   # set it where there is TLS

  listeners:
    - websocket:
        host: 127.0.0.1               # 0.0.0.0 for other machines
        port: 8080
        # paths: [/ws, /]
        # origins: ["https://*.example.com"]  # web pages that may connect; default those of this machine; on another host than 127.0.0.1, or with proxies, also those of the host asked for
        # proxies: [10.0.0.1]         # whose X-Real-IP and X-Forwarded-For are believed; default none
        # tls: { cert: cert.pem, key: key.pem }
        # long_poll: { path: /lp }    # for clients that have only HTTP; default none
        # compression: false
        # ping_interval: 30
        # ping_timeout: 30
        # max_message_size: 67108864
        # limits: { connections: 65536, connections_per_address: 1024, connections_per_minute: 1200 }
    # - rawsocket: { host: 127.0.0.1, port: 18081, max_message_size: 1048576 }  # as the original has it; default none
    # - rawsocket: { path: nexus.socket }

  # What logins may do at most, whatever their role: those by API key, by one-time password; also local and ldap.
  # apikey:
  #   permissions:
  #     - { uri: "com.izaber.wamp.system.db.*", perms: "" }
  # otp:
  #   permissions:
  #     - { uri: "com.izaber.wamp.system.db.*", perms: "" }

  # A directory whose users may log in; file://users.yaml as the host stands in for one. Default none.
  # ldap:
  #   server: [{ host: ldap.example.com, port: 636, use_ssl: true }]
  #   login_template: "{login}@example.com"
  #   login_attribute: sAMAccountName
  #   db_login: lookup@example.com    # who looks users and groups up; default each user itself
  #   db_password: PASSWORD
  #   user_base: ou=people,dc=example,dc=com
  #   group_base: ou=groups,dc=example,dc=com

  # limits: { pending_calls: 65536, subscriptions: 131072, registrations: 131072 }
  # slow_subscribers: drop-newest     # or drop-oldest, or disconnect: what becomes of who does not keep up with events
  # metadata: { value_bytes: 262144, keys: 1000 }
  # roster: { entries: 1000, data_bytes: 262144 }

  # Where the original Nexus is open and this one is not; true opens it again.
  # leniency:
  #   sessions_outlive_their_cookie: false
  #   sessions_keep_what_they_have: false
  #   restrictions_hold_for_one_spelling: false
  #   keys_make_keys: false
  #   strangers_count_as_elevated: false
  #   plaintext_keys_are_kept: false
`;

const WRITE_PROBLEMS: { readonly [code: string]: string } = {
  EEXIST: "it is there already; name another, or remove it",
  ENOENT: "the folder for it is not there; make that, or name another file",
};

/**
 * Makes `nexus init`.
 *
 * @returns The command.
 */
export function initCommand(): Command {
  return new Command("init")
    .description("Writes a commented configuration file for nexus serve --config.")
    .argument("[file]", "where to, - for the standard output", "nexus.yaml")
    .action((file: string) => {
      if (file === "-") return void process.stdout.write(CONFIG);
      try {
        writeFileSync(file, CONFIG, { flag: "wx" });
      } catch (cause) {
        const problem = WRITE_PROBLEMS[(cause as { readonly code?: string }).code ?? ""] ?? fileProblem(cause);
        throw new WampError("config_invalid", `Cannot write ${file}: ${problem}`, { cause });
      }
      process.stdout.write(`wrote ${file}; now: nexus serve --config ${file}\n`);
    });
}
