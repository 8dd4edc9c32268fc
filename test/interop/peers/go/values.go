package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gammazero/nexus/v3/wamp"
)

// toPlain makes a value fit for a line of JSON.
func toPlain(value any) any {
	switch v := value.(type) {
	case nil, bool, string:
		return v
	case wamp.URI:
		return string(v)
	case wamp.ID:
		return toPlain(int64(v))
	case int:
		return toPlain(int64(v))
	case int64:
		if v > 1<<53 || v < -(1<<53) {
			return map[string]any{"$int": strconv.FormatInt(v, 10)}
		}
		return v
	case uint64:
		if v > 1<<53 {
			return map[string]any{"$int": strconv.FormatUint(v, 10)}
		}
		return v
	case float32:
		return toPlain(float64(v))
	case float64:
		switch {
		case math.IsNaN(v):
			return map[string]any{"$float": "NaN"}
		case math.IsInf(v, 1):
			return map[string]any{"$float": "Infinity"}
		case math.IsInf(v, -1):
			return map[string]any{"$float": "-Infinity"}
		case v == 0 && math.Signbit(v):
			return map[string]any{"$float": "-0"}
		}
		return v
	case []byte:
		return map[string]any{"$bytes": hex.EncodeToString(v)}
	case time.Time:
		return map[string]any{"$date": v.UTC().Format(time.RFC3339Nano)}
	case wamp.List:
		return plainList(v)
	case []any:
		return plainList(v)
	case wamp.Dict:
		return plainDict(v)
	case map[string]any:
		return plainDict(v)
	case map[any]any:
		dict := map[string]any{}
		for key, one := range v {
			dict[fmt.Sprint(key)] = one
		}
		return plainDict(dict)
	}
	return map[string]any{"$repr": fmt.Sprintf("%T %v", value, value)}
}

func plainList(list []any) any {
	plain := make([]any, len(list))
	for at, one := range list {
		plain[at] = toPlain(one)
	}
	return plain
}

func plainDict(dict map[string]any) any {
	plain := map[string]any{}
	pairs := [][2]any{}
	tagged := false
	for key, one := range dict {
		plain[key] = toPlain(one)
		pairs = append(pairs, [2]any{key, plain[key]})
		tagged = tagged || strings.HasPrefix(key, "$")
	}
	if tagged {
		return map[string]any{"$dict": pairs}
	}
	return plain
}

// fromPlain reads what toPlain or another driver wrote; the JSON was read with UseNumber.
func fromPlain(plain any) any {
	switch v := plain.(type) {
	case json.Number:
		if whole, err := v.Int64(); err == nil {
			return whole
		}
		if whole, err := strconv.ParseUint(v.String(), 10, 64); err == nil {
			return whole
		}
		number, _ := v.Float64()
		return number
	case []any:
		list := make(wamp.List, len(v))
		for at, one := range v {
			list[at] = fromPlain(one)
		}
		return list
	case map[string]any:
		if len(v) == 1 {
			for tag, content := range v {
				if value, ok := untag(tag, content); ok {
					return value
				}
			}
		}
		dict := wamp.Dict{}
		for key, one := range v {
			dict[key] = fromPlain(one)
		}
		return dict
	}
	return plain
}

func untag(tag string, content any) (any, bool) {
	switch tag {
	case "$int":
		text := content.(string)
		if whole, err := strconv.ParseInt(text, 10, 64); err == nil {
			return whole, true
		}
		whole, _ := strconv.ParseUint(text, 10, 64)
		return whole, true
	case "$float":
		number, _ := strconv.ParseFloat(strings.Replace(content.(string), "Infinity", "Inf", 1), 64)
		if content == "-0" {
			number = math.Copysign(0, -1)
		}
		return number, true
	case "$bytes":
		bytes, _ := hex.DecodeString(content.(string))
		return bytes, true
	case "$date":
		at, _ := time.Parse(time.RFC3339Nano, content.(string))
		return at, true
	case "$undefined":
		return nil, true
	case "$dict":
		dict := wamp.Dict{}
		for _, pair := range content.([]any) {
			dict[pair.([]any)[0].(string)] = fromPlain(pair.([]any)[1])
		}
		return dict, true
	}
	return nil, false
}
