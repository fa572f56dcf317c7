package tokens

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/auth/keys"
)

func TestWorkedExample(t *testing.T) {
	ring := must(keys.Parse(example))(t)
	if got := ring.Signer().ID; got != "917222f4dd55d843" {
		t.Errorf("kid is %s", got)
	}
	text := must(New(ring, 0).Sign(Claims{
		User:      uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8057"),
		Session:   uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8058"),
		IssuedAt:  time.Unix(1700000000, 0),
		ExpiresAt: time.Unix(1700005400, 0),
	}, Access, ""))(t)
	b64 := base64.RawURLEncoding
	want := b64.EncodeToString([]byte(`{"alg":"HS256","kid":"917222f4dd55d843","typ":"at+jwt"}`)) + "." +
		b64.EncodeToString([]byte(`{"iss":"parley","aud":"parley:access","sub":"01890a5d-ac96-774b-bcce-b302099a8057","sid":"01890a5d-ac96-774b-bcce-b302099a8058","iat":1700000000,"exp":1700005400}`)) +
		".HWhmEdRSpDH9KncdT5CdQscVAp4TjdpaYymc3OC3QJw"
	if text != want {
		t.Errorf("token is\n%s, want\n%s", text, want)
	}
}
