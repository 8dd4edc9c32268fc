/** A certificate for `localhost` that nobody has signed, to be refused. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBgDCCASWgAwIBAgIUafydhqgLRotnJvwEgW58eZrwWQkwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMDE4MzI1NVoYDzIxMjYxMDI3
MTgzMjU1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAS5T6ixLIOOaGFr6LtqEiGKdCcs/2KzIaHXoHsPLOx2Nh7txFDxp9ui
ex+9oFCtXfcESrdvA+eT5+sf9jkQ2KV5o1MwUTAdBgNVHQ4EFgQUq0mKcOFPcmZh
rvBaKmHrJxTfoxwwHwYDVR0jBBgwFoAUq0mKcOFPcmZhrvBaKmHrJxTfoxwwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEApyNI/KUvucvhYjmBq6iI
C2n64hE9eZTb+leWR7VQxR4CIQDjlq/kfNCnZ+1qQ8gD/sOCqbgNdk8nzjw+IlFr
FrLY0A==
-----END CERTIFICATE-----
`;

/** Its key. */
export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg+AQ5Djw/yXPz8RsP
/VmjSF4782pHEwUGIlUhJZuOcrShRANCAAS5T6ixLIOOaGFr6LtqEiGKdCcs/2Kz
IaHXoHsPLOx2Nh7txFDxp9uiex+9oFCtXfcESrdvA+eT5+sf9jkQ2KV5
-----END PRIVATE KEY-----
`;
