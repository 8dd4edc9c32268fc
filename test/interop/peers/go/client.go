package main

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"io"
	"log"
	"strings"
	"sync"

	"github.com/gammazero/nexus/v3/client"
	"github.com/gammazero/nexus/v3/transport/serialize"
	"github.com/gammazero/nexus/v3/wamp"
	"github.com/gammazero/nexus/v3/wamp/crsign"
)

var serializations = map[string]serialize.Serialization{
	"json": serialize.JSON, "msgpack": serialize.MSGPACK, "cbor": serialize.CBOR,
}

type driver struct {
	client *client.Client
	mutex  sync.Mutex
	uris   map[string]string
	calls  map[string]context.CancelFunc
}

func newDriver() *driver {
	return &driver{uris: map[string]string{}, calls: map[string]context.CancelFunc{}}
}

func (d *driver) operations() map[string]func(request) (any, error) {
	return map[string]func(request) (any, error){
		"open": d.open, "close": d.close, "call": d.call, "cancel": d.cancel, "publish": d.publish,
		"register": d.register, "unregister": d.unregister, "subscribe": d.subscribe, "unsubscribe": d.unsubscribe,
	}
}

func (d *driver) open(r request) (any, error) {
	auth := r.dict("auth")
	config := client.Config{
		Realm:         r.text("realm"),
		Serialization: serializations[r.text("serializer")],
		Logger:        log.New(io.Discard, "", 0),
		HelloDetails:  wamp.Dict{},
		AuthHandlers:  map[string]client.AuthFunc{},
	}
	secret, _ := auth["secret"].(string)
	method, _ := auth["method"].(string)
	if method != "anonymous" {
		config.HelloDetails["authid"] = auth["authid"]
	}
	switch method {
	case "ticket":
		config.AuthHandlers[method] = func(*wamp.Challenge) (string, wamp.Dict) { return secret, wamp.Dict{} }
	case "wampcra":
		config.AuthHandlers[method] = func(challenge *wamp.Challenge) (string, wamp.Dict) {
			return crsign.RespondChallenge(secret, challenge, nil), wamp.Dict{}
		}
	case "cryptosign":
		config.HelloDetails["authextra"] = wamp.Dict{"pubkey": auth["publicKey"]}
		config.AuthHandlers[method] = func(challenge *wamp.Challenge) (string, wamp.Dict) {
			seed, _ := hex.DecodeString(secret)
			text, _ := wamp.AsString(challenge.Extra["challenge"])
			message, _ := hex.DecodeString(text)
			signature := ed25519.Sign(ed25519.NewKeyFromSeed(seed), message)
			return hex.EncodeToString(signature) + text, wamp.Dict{}
		}
	}
	url := strings.Replace(r.text("url"), "rs://", "tcp://", 1)
	made, err := client.ConnectNet(context.Background(), url, config)
	if err != nil {
		return nil, err
	}
	d.client = made
	details := made.RealmDetails()
	return wamp.Dict{
		"session": made.ID(), "authid": details["authid"], "authrole": details["authrole"], "authmethod": details["authmethod"],
	}, nil
}

func (d *driver) close(request) (any, error) {
	return nil, d.client.Close()
}

func payload(args wamp.List, kwargs wamp.Dict) wamp.Dict {
	if args == nil {
		args = wamp.List{}
	}
	if kwargs == nil {
		kwargs = wamp.Dict{}
	}
	return wamp.Dict{"args": args, "kwargs": kwargs}
}

func (d *driver) call(r request) (any, error) {
	options := r.dict("options")
	steps := wamp.List{}
	var progress client.ProgressHandler
	if wanted, _ := options["progress"].(bool); wanted {
		delete(options, "progress")
		progress = func(step *wamp.Result) { steps = append(steps, payload(step.Arguments, step.ArgumentsKw)) }
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	d.mutex.Lock()
	d.calls[r.text("key")] = stop
	d.mutex.Unlock()
	result, err := d.client.Call(ctx, r.text("uri"), options, r.list("args"), r.dict("kwargs"), progress)
	if err != nil {
		return nil, told(err)
	}
	whole := payload(result.Arguments, result.ArgumentsKw)
	whole["progress"] = steps
	return whole, nil
}

func (d *driver) cancel(r request) (any, error) {
	if err := d.client.SetCallCancelMode(r.text("mode")); err != nil {
		return nil, err
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.calls[r.text("key")]()
	return nil, nil
}

func told(err error) error {
	var rpc client.RPCError
	if errors.As(err, &rpc) {
		return failure{string(rpc.Err.Error), err.Error(), rpc.Err.Arguments, rpc.Err.ArgumentsKw}
	}
	if text := err.Error(); strings.Contains(text, "wamp.error.") {
		uri := text[strings.Index(text, "wamp.error."):]
		if end := strings.IndexAny(uri, " :,;"); end >= 0 {
			uri = uri[:end]
		}
		return failure{uri: uri, text: text}
	}
	return err
}

func (d *driver) register(r request) (any, error) {
	does, key := r.text("does"), r.text("key")
	handler := func(ctx context.Context, invocation *wamp.Invocation) client.InvokeResult {
		args, kwargs, details := invocation.Arguments, invocation.ArgumentsKw, invocation.Details
		switch {
		case strings.HasPrefix(does, "say:"):
			return client.InvokeResult{Args: wamp.List{does[4:]}}
		case does == "echo":
			return client.InvokeResult{Args: args, Kwargs: kwargs}
		case does == "add":
			one, _ := wamp.AsInt64(args[0])
			other, _ := wamp.AsInt64(args[1])
			return client.InvokeResult{Args: wamp.List{one + other}}
		case does == "fail":
			return client.InvokeResult{
				Err: "com.example.error.custom", Args: wamp.List{"sorry", 42}, Kwargs: wamp.Dict{"why": "test"},
			}
		case does == "who":
			return client.InvokeResult{Args: wamp.List{wamp.Dict{
				"caller": details["caller"], "caller_authid": details["caller_authid"], "procedure": details["procedure"],
			}}}
		case does == "count":
			for step := 1; step <= 3; step++ {
				// Without a caller that wants it this fails, as it should.
				d.client.SendProgress(ctx, wamp.List{step}, nil)
			}
			return client.InvokeResult{Args: wamp.List{"done"}}
		case does == "wait":
			<-ctx.Done()
			write(map[string]any{"key": key, "note": map[string]any{"args": []any{"interrupted"}, "kwargs": map[string]any{}}})
			return client.InvocationCanceled
		}
		write(map[string]any{"key": key, "note": toPlain(payload(args, kwargs))})
		return client.InvokeResult{Args: wamp.List{"noted"}}
	}
	d.remember(r)
	return nil, told2(d.client.Register(r.text("uri"), handler, r.dict("options")))
}

func told2(err error) error {
	if err == nil {
		return nil
	}
	return told(err)
}

func (d *driver) remember(r request) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.uris[r.text("key")] = r.text("uri")
}

func (d *driver) uri(r request) string {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.uris[r.text("key")]
}

func (d *driver) unregister(r request) (any, error) {
	return nil, told2(d.client.Unregister(d.uri(r)))
}

func (d *driver) subscribe(r request) (any, error) {
	key := r.text("key")
	handler := func(event *wamp.Event) {
		note := payload(event.Arguments, event.ArgumentsKw)
		details := wamp.Dict{}
		for _, name := range []string{"topic", "publisher", "publisher_authid", "retained"} {
			details[name] = event.Details[name]
		}
		note["details"] = details
		write(map[string]any{"key": key, "note": toPlain(note)})
	}
	d.remember(r)
	return nil, told2(d.client.Subscribe(r.text("uri"), handler, r.dict("options")))
}

func (d *driver) unsubscribe(r request) (any, error) {
	return nil, told2(d.client.Unsubscribe(d.uri(r)))
}

func (d *driver) publish(r request) (any, error) {
	options := r.dict("options")
	if _, said := options["acknowledge"]; !said {
		options["acknowledge"] = true
	}
	return nil, told2(d.client.Publish(r.text("uri"), options, r.list("args"), r.dict("kwargs")))
}
