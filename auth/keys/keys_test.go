package keys

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

func TestParseKeysRefusesWeakSecrets(t *testing.T) {
	b64 := base64.StdEncoding.EncodeToString
	other := b64([]byte("0123456789abcdefghijklmnopqrstuv"))
	if ring := must(Parse(example + ", " + other))(t); len(ring.keys) != 2 || ring.Signer().ID != "917222f4dd55d843" {
		t.Errorf("ring is %v", ring)
	}
	for _, c := range []struct{ list, says string }{
		{"", "0 bytes"},
		{example + ",", "key 2: the secret has 0 bytes"},
		{"hunter2!", "not base64"},
		{strings.TrimRight(example, "="), "not base64"},
		{b64([]byte("0123456789abcdefghijklmnopqrstu")), "31 bytes"},
		{b64([]byte(strings.Repeat("0123456789abcde", 3))), "15 different bytes"},
		{example + "," + other + "," + example, "given twice"},
	} {
		_, err := Parse(c.list)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: got %v, want %q", c.list, err, c.says)
		} else if c.list != "" && strings.Contains(err.Error(), strings.Split(c.list, ",")[0]) {
			t.Errorf("the error shows the secret: %v", err)
		}
	}
}

func TestKeyringIsNotPrinted(t *testing.T) {
	ring := must(Parse(example))(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		if got := fmt.Sprintf(verb, ring); got != "keyring 917222f4dd55d843" {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}
