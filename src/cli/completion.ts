import process from "node:process";
import { Argument, Command } from "commander";

/**
 * Makes `nexus completion`.
 *
 * @param program The whole command, whose parts are to be completed.
 * @returns The command.
 */
export function completionCommand(program: Command): Command {
  return new Command("completion")
    .description("Writes a script by which a shell completes the command.")
    .addArgument(new Argument("<shell>", "which shell").choices(["bash", "zsh", "fish"]))
    .addHelpText(
      "after",
      `
Examples:
  source <(nexus completion bash)
  nexus completion fish > ~/.config/fish/completions/nexus.fish`,
    )
    .action((shell: "bash" | "zsh" | "fish") => void process.stdout.write(scripts[shell](linesOf(program))));
}

/** What may follow some words of the command: further words and options. */
interface Line {
  readonly words: string;
  readonly next: readonly string[];
}

function linesOf(command: Command, words: readonly string[] = []): Line[] {
  const options = command.options.map(({ long }) => long).filter((long) => long !== undefined && long !== null);
  const next = [...command.commands.map((subcommand) => subcommand.name()), ...options, "--help"];
  return [
    { words: words.join(" "), next },
    ...command.commands.flatMap((subcommand) => linesOf(subcommand, [...words, subcommand.name()])),
  ];
}

const scripts: { readonly [shell in "bash" | "zsh" | "fish"]: (lines: readonly Line[]) => string } = {
  bash: (lines) => `${bash(lines)}complete -F _nexus nexus\n`,
  zsh: (lines) => `autoload -U +X bashcompinit && bashcompinit\n${bash(lines)}complete -F _nexus nexus\n`,
  fish: (lines) =>
    lines.flatMap(({ words, next }) =>
      next.map((word) => {
        const condition = words === ""
          ? "__fish_use_subcommand"
          : `__fish_seen_subcommand_from ${words.split(" ").at(-1)}`;
        const what = word.startsWith("--") ? `-l ${word.slice(2)}` : `-a ${word}`;
        return `complete -c nexus -n "${condition}" ${word.startsWith("--") ? "" : "-f "}${what}\n`;
      })
    ).join(""),
};

function bash(lines: readonly Line[]): string {
  const cases = lines.map(({ words, next }) => `    "${words}") next="${next.join(" ")}" ;;\n`).join("");
  return `_nexus() {
  local words="" word next=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) break ;; *) words="\${words:+$words }$word" ;; esac
  done
  case "$words" in
${cases}    *) case "\${words%% *}" in
${
    lines.filter(({ words }) => words !== "" && !words.includes(" ")).map(({ words, next }) =>
      `      "${words}") next="${next.join(" ")}" ;;\n`
    ).join("")
  }    esac ;;
  esac
  COMPREPLY=($(compgen -W "$next" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
`;
}
