package naming_test

import (
	"testing"

	"github.com/google/uuid"

	"parley/naming"
)

const anID = "01890a5d-ac96-774b-bcce-b302099a8057"

func TestParseID(t *testing.T) {
	for _, text := range []string{
		anID, "01890A5D-AC96-774B-BCCE-B302099A8057", "{" + anID + "}", "urn:uuid:" + anID, "URN:UUID:" + anID, "01890a5dac96774bbcceb302099a8057",
	} {
		if id, ok := naming.ParseID(text); !ok || id.String() != anID {
			t.Errorf("%q: %v, %v", text, id, ok)
		}
	}
	for _, text := range []string{
		"", "hello", " " + anID, anID + " ", "x" + anID + "y", "(" + anID + ")", "{" + anID, anID + "}", anID[1:], anID + "0",
		"01890a5d-ac96-774b-bcce-b302099a805g", "uri:uuid:" + anID, "\x00" + anID[1:], "01890a5d_ac96_774b_bcce_b302099a8057",
	} {
		if id, ok := naming.ParseID(text); ok || id != uuid.Nil {
			t.Errorf("%q is %v", text, id)
		}
	}
}
