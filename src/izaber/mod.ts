export { parseYaml } from "./yaml.ts";
export { stringifyYaml } from "./yaml_text.ts";
