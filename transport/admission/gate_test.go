package admission

import (
	"log/slog"
	"net/http"
	"testing"
)

// A slot that is given back twice is one slot.
func TestSlotIsGivenBackOnce(t *testing.T) {
	g := NewGate(Limits{Connections: 2, ConnectionsPerAddress: 10, UnsignedPerAddress: 10, ConnectionsPerUser: 10}, NewRegistry(Times{}, slog.New(slog.DiscardHandler)))
	from := &http.Request{RemoteAddr: "198.51.100.1:1"}
	first, _ := g.EnterSocket(from)
	second, no := g.EnterSocket(from)
	if _, full := g.EnterSocket(from); no != nil || full == nil || first.SignIn("ann") != nil {
		t.Fatalf("two slots: %v, %v", no, full)
	}
	first.Leave()
	first.Leave()
	if got, want := g.Counts(), (Counts{Open: 1, Addresses: 1, OfAddress: 1, Unsigned: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	second.Leave()
	if got := g.Counts(); got != (Counts{}) {
		t.Errorf("left: %+v", got)
	}
}
