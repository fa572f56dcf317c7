package tokens

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/auth/keys"
)

// Whatever strangers send: what is accepted is exactly a token that we would write.
func FuzzToken(f *testing.F) {
	ring := New(must(keys.Parse(example))(f), 5*time.Second)
	now := time.Unix(1700000000, 0)
	for _, k := range []Kind{Access, Refresh} {
		text := must(ring.Sign(Claims{User: uuid.New(), Session: uuid.New(), JTI: uuid.New(), Generation: 3, IssuedAt: now, ExpiresAt: now.Add(time.Hour)}, k, ""))(f)
		f.Add(text, int(k))
		f.Add(text+"\n", int(k))
		f.Add(text[1:], int(k))
	}
	f.Add("..", 0)
	f.Fuzz(func(t *testing.T, text string, number int) {
		k := Kind(number & 1)
		got, err := ring.Parse(text, k, now)
		if err != nil {
			return
		}
		if again := must(ring.Sign(got, k, ""))(t); again != text {
			t.Fatalf("%q is accepted, and we write %q", text, again)
		}
	})
}

// The same behind the signature, which a fuzzer cannot make: a payload that is accepted is
// complete, whatever else it holds.
func FuzzClaims(f *testing.F) {
	ring := New(must(keys.Parse(example))(f), 5*time.Second)
	now := time.Unix(1700000000, 0)
	for _, k := range []Kind{Access, Refresh} {
		text := must(ring.Sign(Claims{User: uuid.New(), Session: uuid.New(), JTI: uuid.New(), IssuedAt: now, ExpiresAt: now.Add(time.Hour)}, k, ""))(f)
		payload := payloadOf(f, text)
		f.Add([]byte(payload), int(k))
		f.Add(bytes.ReplaceAll([]byte(payload), []byte("1700000000"), []byte("1e9")), int(k))
	}
	f.Add([]byte(`null`), 0)
	f.Add([]byte(`{"exp":9223372036854775807,"iat":-9223372036854775808}`), 1)
	f.Fuzz(func(t *testing.T, payload []byte, number int) {
		k := Kind(number & 1)
		got, err := ring.Parse(forge(header(kinds[k].typ), string(payload), ring.ring.Signer().Secret(kinds[k].purpose)), k, now)
		if err != nil {
			return
		}
		again, err := ring.Parse(must(ring.Sign(got, k, ""))(t), k, now)
		if err != nil || again != got {
			t.Fatalf("%s is read as %+v, and that as %+v, %v", payload, got, again, err)
		}
		if got.NotBefore.After(now.Add(5*time.Second)) || !got.ExpiresAt.After(now.Add(-5*time.Second)) {
			t.Fatalf("%s is good at %v", payload, now)
		}
	})
}
