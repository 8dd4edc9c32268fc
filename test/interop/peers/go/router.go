package main

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"log"
	"time"

	"github.com/gammazero/nexus/v3/router"
	"github.com/gammazero/nexus/v3/router/auth"
)

// keys knows joe, and joe with a salt as "salted".
type keys struct {
	secret    string
	publicKey string
}

func (k keys) AuthKey(authid, method string) ([]byte, error) {
	switch {
	case authid == "joe" && method == "cryptosign":
		return hex.DecodeString(k.publicKey)
	case authid == "joe":
		return []byte(k.secret), nil
	case authid == "salted":
		return derived(k.secret), nil
	}
	return nil, errors.New("no such user")
}

func (k keys) PasswordInfo(authid string) (string, int, int) {
	if authid == "salted" {
		return "salt123", 32, 1000
	}
	return "", 0, 0
}

func (k keys) AuthRole(authid string) (string, error) { return "user", nil }

func (k keys) Provider() string { return "static" }

// serveRouter takes the addresses for WebSocket and RawSocket, the path of a unix socket, joe's secret and public key.
func serveRouter(args []string) {
	store := keys{secret: args[3], publicKey: args[4]}
	made, err := router.NewRouter(&router.Config{RealmConfigs: []*router.RealmConfig{
		{URI: "realm1", AnonymousAuth: true, AllowDisclose: true, EnableMetaKill: true},
		{URI: "secure", AllowDisclose: true, Authenticators: []auth.Authenticator{
			auth.NewTicketAuthenticator(store, time.Second),
			auth.NewCRAuthenticator(store, time.Second),
			auth.NewCryptoSignAuthenticator(store, time.Second),
		}},
	}}, log.New(io.Discard, "", 0))
	must(err)
	_, err = router.NewWebsocketServer(made).ListenAndServe(args[0])
	must(err)
	raw := router.NewRawSocketServer(made)
	_, err = raw.ListenAndServe("tcp", args[1])
	must(err)
	_, err = raw.ListenAndServe("unix", args[2])
	must(err)
	select {}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func derived(secret string) []byte {
	key, err := pbkdf2.Key(sha256.New, secret, []byte("salt123"), 1000, 32)
	must(err)
	return []byte(base64.StdEncoding.EncodeToString(key))
}
