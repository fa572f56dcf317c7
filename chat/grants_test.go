package chat

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
)

// Whoever sends on and on stays remembered, however many others come by, and of those no more than two generations are.
func TestGrantsInUseStay(t *testing.T) {
	var g grants
	busy := grantKey{uuid.New(), "general"}
	g.put(busy, grant{version: 1})
	for i := range 3 * maxGrants {
		g.put(grantKey{uuid.Nil, fmt.Sprint(i)}, grant{version: 1})
		if known, ok := g.get(busy); !ok || known.version != 1 {
			t.Fatalf("forgotten after %d others", i)
		}
		if i%1000 == 0 {
			g.put(busy, grant{version: 1})
		}
	}
	if n := len(g.young) + len(g.older); n > 2*maxGrants {
		t.Errorf("%d are remembered", n)
	}
	g.put(busy, grant{version: 2})
	if known, _ := g.get(busy); known.version != 2 {
		t.Errorf("the old version %d is remembered", known.version)
	}
	g.forget(busy)
	if _, ok := g.get(busy); ok {
		t.Error("it is not forgotten")
	}
}
