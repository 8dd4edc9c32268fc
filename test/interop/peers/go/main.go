// Drives the client of gammazero/nexus by lines of JSON; with the argument "router" it is the router of it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"

	"github.com/gammazero/nexus/v3/wamp"
)

var output sync.Mutex

func write(line map[string]any) {
	text, err := json.Marshal(line)
	if err != nil {
		text, _ = json.Marshal(map[string]any{"id": line["id"], "error": map[string]any{"message": err.Error()}})
	}
	output.Lock()
	defer output.Unlock()
	os.Stdout.Write(append(text, '\n'))
}

// failure is an error with a URI.
type failure struct {
	uri    string
	text   string
	args   wamp.List
	kwargs wamp.Dict
}

func (f failure) Error() string { return f.text }

type request struct {
	values map[string]any
}

func (r request) text(name string) string {
	text, _ := r.values[name].(string)
	return text
}

func (r request) list(name string) wamp.List {
	list, _ := fromPlain(r.values[name]).(wamp.List)
	return list
}

func (r request) dict(name string) wamp.Dict {
	dict, _ := fromPlain(r.values[name]).(wamp.Dict)
	if dict == nil {
		dict = wamp.Dict{}
	}
	return dict
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "router" {
		serveRouter(os.Args[2:])
		return
	}
	driver := newDriver()
	input := bufio.NewReaderSize(os.Stdin, 1<<20)
	decoder := json.NewDecoder(input)
	decoder.UseNumber()
	for {
		values := map[string]any{}
		if err := decoder.Decode(&values); err != nil {
			os.Exit(0)
		}
		go run(driver, values)
	}
}

func run(driver *driver, values map[string]any) {
	answer := map[string]any{"id": values["id"]}
	defer func() {
		if cause := recover(); cause != nil {
			write(map[string]any{"id": values["id"], "error": map[string]any{"message": fmt.Sprint(cause)}})
		}
	}()
	operation, known := driver.operations()[values["op"].(string)]
	if !known {
		panic("no such operation")
	}
	value, err := operation(request{values})
	switch err := err.(type) {
	case nil:
		answer["ok"] = toPlain(value)
	case failure:
		answer["error"] = map[string]any{
			"uri": err.uri, "message": err.text, "args": toPlain(err.args), "kwargs": toPlain(err.kwargs),
		}
	default:
		answer["error"] = map[string]any{"message": err.Error()}
	}
	write(answer)
}
