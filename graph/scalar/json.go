package scalar

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"parley/graph/document/syntax"
)

// MarshalJSON writes what is JSON already.
func MarshalJSON(text string) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, text) }) // the writer is a buffer
}

// enough is where the text of a value ends that is too long for all that takes one. It is told from what it was by its length.
const enough = 64 << 10

// UnmarshalJSON returns the JSON of a value in one line, without spaces and with the keys of objects sorted: their order is gone
// by then. Numbers have the digits that they were sent with. What is longer than 64 KiB is cut off behind them.
func UnmarshalJSON(v any) (string, error) {
	var b bytes.Buffer
	err := appendJSON(&b, v)
	return b.String(), err
}

// appendJSON appends a value, in which variables may have been put: so it may be larger than a request, and has any type that
// gqlparser gives them.
func appendJSON(b *bytes.Buffer, v any) error {
	if b.Len() > enough {
		return nil
	}
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case json.Number:
		b.WriteString(v.String())
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case float64: // of a variable of type Float
		b.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
	case string:
		if digits, is := syntax.Number(v); is {
			b.WriteString(digits)
			return nil
		}
		graphql.MarshalString(v).MarshalGQL(b)
	case map[string]any:
		return appendObject(b, v)
	default:
		return appendList(b, reflect.ValueOf(v))
	}
	return nil
}

func appendObject(b *bytes.Buffer, object map[string]any) error {
	b.WriteByte('{')
	for i, key := range slices.Sorted(maps.Keys(object)) {
		if i > 0 {
			b.WriteByte(',')
		}
		graphql.MarshalString(key).MarshalGQL(b)
		b.WriteByte(':')
		if err := appendJSON(b, object[key]); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// appendList appends a list, of any type of items.
func appendList(b *bytes.Buffer, list reflect.Value) error {
	if list.Kind() != reflect.Slice {
		return fmt.Errorf("a %s is no JSON", list.Kind())
	}
	b.WriteByte('[')
	for i := range list.Len() {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := appendJSON(b, list.Index(i).Interface()); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	return nil
}
