/**
 * Says in words why a file or folder could not be used.
 *
 * @param cause What `node:fs` threw.
 * @returns The reason.
 */
export function fileProblem(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  switch (code) {
    case "ENOENT":
      return "there is no such file";
    case "EISDIR":
      return "it is a folder";
    case "EEXIST":
    case "ENOTDIR":
      return "it is a file";
    case "EACCES":
    case "EPERM":
      return "access is denied";
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}
