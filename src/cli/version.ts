/** The version of this package; a test holds it against the manifests. */
export const version = "0.1.0";
