package texts

import (
	"errors"
	"strings"
	"testing"
)

func TestDataIsJSONWithinBounds(t *testing.T) {
	nested := func(deep int) string { return strings.Repeat("[", deep) + strings.Repeat("]", deep) }
	for data, reason := range map[string]string{
		`{"a":[1.0,12345678901234567890,true,null,"x"]}`: "", `0`: "", `""`: "", `[]`: "", `{}`: "", `false`: "", `-0`: "", `1e300`: "", `1e-999`: "", `1e999`: "OUT_OF_RANGE", `[{"a":-1e309}]`: "OUT_OF_RANGE",
		`"\u0000"`: "", `"\ud83d\ude00"`: "", `"\\ud800"`: "", `"日本"`: "", `"\u2028"`: "", `"a b"`: "", `"[[[\"[["`: "",
		`"` + strings.Repeat("x", MaxData-2) + `"`: "",
		`"` + strings.Repeat("x", MaxData-1) + `"`: "TOO_LONG",
		`"` + strings.Repeat("é", MaxData/2) + `"`: "TOO_LONG", // it is bytes that count
		nested(32):                          "",
		nested(33):                          "OUT_OF_RANGE",
		`"` + strings.Repeat("[", 70) + `"`: "",
		``:                                  "BAD_CHARACTER", `{`: "BAD_CHARACTER", `1 2`: "BAD_CHARACTER", `01`: "BAD_CHARACTER", `nul`: "BAD_CHARACTER", "\"\x00\"": "BAD_CHARACTER",
		"\"\xff\"": "BAD_CHARACTER", `"\ud800"`: "BAD_CHARACTER", `"\uDC00\ud800"`: "BAD_CHARACTER", `"\ud800\\udc00"`: "BAD_CHARACTER",
		`{"\ud800":1}`: "BAD_CHARACTER",
		`null`:         "OUT_OF_RANGE", ` 1`: "OUT_OF_RANGE", "[1,\n2]": "OUT_OF_RANGE",
	} {
		err := CheckData(data)
		bad, _ := errors.AsType[*Error](err)
		if got := bad; (got == nil) != (reason == "") || got != nil && got.Reason != reason {
			t.Errorf("%.60q: %v, want %q", data, err, reason)
		}
	}
}
