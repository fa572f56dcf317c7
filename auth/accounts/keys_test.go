package accounts

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestWorkedExample(t *testing.T) {
	ring := must(ParseKeys(example))(t)
	if got := ring.signer().kid; got != "917222f4dd55d843" {
		t.Errorf("kid is %s", got)
	}
	text := must(ticket{
		user:      uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8057"),
		session:   uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8058"),
		issuedAt:  time.Unix(1700000000, 0),
		expiresAt: time.Unix(1700005400, 0),
	}.sign(accessToken, ring.signer()))(t)
	b64 := base64.RawURLEncoding
	want := b64.EncodeToString([]byte(`{"alg":"HS256","kid":"917222f4dd55d843","typ":"at+jwt"}`)) + "." +
		b64.EncodeToString([]byte(`{"iss":"parley","aud":"parley:access","sub":"01890a5d-ac96-774b-bcce-b302099a8057","sid":"01890a5d-ac96-774b-bcce-b302099a8058","iat":1700000000,"exp":1700005400}`)) +
		".HWhmEdRSpDH9KncdT5CdQscVAp4TjdpaYymc3OC3QJw"
	if text != want {
		t.Errorf("token is\n%s, want\n%s", text, want)
	}
}

func TestParseKeysRefusesWeakSecrets(t *testing.T) {
	b64 := base64.StdEncoding.EncodeToString
	other := b64([]byte("0123456789abcdefghijklmnopqrstuv"))
	if ring := must(ParseKeys(example + ", " + other))(t); len(ring.keys) != 2 || ring.signer().kid != "917222f4dd55d843" {
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
		_, err := ParseKeys(c.list)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: got %v, want %q", c.list, err, c.says)
		} else if c.list != "" && strings.Contains(err.Error(), strings.Split(c.list, ",")[0]) {
			t.Errorf("the error shows the secret: %v", err)
		}
	}
}

func TestKeyringIsNotPrinted(t *testing.T) {
	ring := must(ParseKeys(example))(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		if got := fmt.Sprintf(verb, ring); got != "keyring 917222f4dd55d843" {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}
