package documents

import (
	"strings"

	"parley/e2e/harness"
)

func (c *hostileCorpus) lexical() {
	c.doc("empty", harness.ValidationCode, "")
	c.doc("120,000 spaces", harness.ValidationCode, strings.Repeat(" ", 120000))
	c.doc("120,000 commas", "", "{ server { version } }"+strings.Repeat(",", 120000))
	c.doc("60,000 lines", "", strings.Repeat("\n", 60000)+"{ server { version } }")
	c.doc("1,000 comments", harness.ComplexCode, strings.Repeat("#x\n", 1000)+"{ server { version } }")
	c.doc("40,000 comments", harness.ComplexCode, strings.Repeat("#\n", 40000)+"{ server { version } }")
	c.doc("a comment of 120,000 bytes", "", "#"+strings.Repeat("x", 120000)+"\n{ server { version } }")
	c.doc("900 comments in a selection", "", "{ server { version "+strings.Repeat("#\n", 900)+"} }")
	c.doc("a byte order mark", "", "\ufeff{ server { version } }")
	c.doc("10,000 byte order marks", "", strings.Repeat("\ufeff", 10000)+"{ server { version } }")
	c.doc("NUL", harness.ParseCode, "{ server\u0000 { version } }")
	c.doc("NUL in a string", harness.ParseCode, "{ room(id: \"a\u0000b\") { id } }")
	c.doc("an escaped NUL", harness.UnsignedCode, `{ room(id: "a\u0000b") { id } }`)
	c.doc("control characters", harness.ParseCode, "{ \u0001\u0002\u0003 }")
	c.doc("letters that are none", harness.ParseCode, "{ ünïcödé }")
	c.doc("an emoji", harness.ParseCode, "{ 💬 }")
	c.doc("60,000 quotes", harness.ParseCode, "{ room(id: "+strings.Repeat(`"`, 60001)+") { id } }")
	c.doc("an open string", harness.ParseCode, `{ room(id: "`+strings.Repeat("x", 100000))
	c.doc("an open block string", harness.ParseCode, `{ room(id: """`+strings.Repeat("x\n", 40000))
	c.doc("a block string of 40,000 lines", harness.UnsignedCode, `{ room(id: """`+strings.Repeat("\n x", 30000)+`""") { id } }`)
	c.doc("a block string of quotes", harness.UnsignedCode, `{ room(id: """`+strings.Repeat(`"" `, 25000)+`""") { id } }`)
	c.doc("a block string of escapes", harness.UnsignedCode, `{ room(id: """`+strings.Repeat(`\"""`, 15000)+`""") { id } }`)
	c.doc("20,000 escapes", harness.UnsignedCode, `{ room(id: "`+strings.Repeat(`\u0041`, 16000)+`") { id } }`)
	c.doc("half a pair", harness.ParseCode, `{ room(id: "\ud800") { id } }`)
	c.doc("an escape beyond Unicode", harness.ParseCode, `{ room(id: "\u{110000}") { id } }`)
	c.doc("an escape of 100,000 digits", harness.ParseCode, `{ room(id: "\u{`+strings.Repeat("0", 100000)+`41}") { id } }`)
	c.doc("an open escape", harness.ParseCode, `{ room(id: "\u00`)
	c.doc("single quotes", harness.ParseCode, "{ room(id: 'x') { id } }")
	c.doc("two dots", harness.ParseCode, "{ ..A }")
	c.doc("all punctuation", harness.ParseCode, strings.Repeat("!$&(){}[]:=@|...", 60))
	c.doc("a schema", harness.ParseCode, "type Query { a: Int }")
	c.doc("a description", "", `"""x""" query A { server { version } }`)
	c.doc("300 descriptions", harness.ParseCode, strings.Repeat(`"x" `, 300)+"query A { server { version } }")
	c.body("broken UTF-8", harness.InputCode, "{\"query\":\"{ me\xff }\"}")
	c.body("broken UTF-8 in a key", harness.InputCode, "{\"query\xc3\x28\":\"{ me }\"}")
	c.body("half a pair in JSON", harness.InputCode, `{"query":"{ room(id: \"\ud800\") { id } }"}`)
}

func (c *hostileCorpus) literals() {
	digits := strings.Repeat("9", 100000)
	c.doc("an id of 100,000 digits", harness.ValidationCode, "{ room(id: "+digits+") { id } }")
	c.doc("an Int of 100,000 digits", harness.ValidationCode, "{ rooms(first: "+digits+") { nodes { id } } }")
	c.doc("a Float of 100,000 digits", harness.ValidationCode, "{ rooms(first: 1."+digits+") { nodes { id } } }")
	c.doc("an exponent of 100,000 digits", harness.ValidationCode, "{ rooms(first: 1e"+digits+") { nodes { id } } }")
	c.doc("a cursor of 100,000 digits", harness.ValidationCode, `{ rooms(after: `+digits+`) { nodes { id } } }`)
	c.doc("a cursor that is no number", harness.ValidationCode, `{ rooms(after: 1e999) { nodes { id } } }`)
	c.doc("a cursor in lists with a number", harness.ValidationCode, `{ rooms(after: [[{a: 1e999}]]) { nodes { id } } }`)
	c.doc("a cursor that is a number", harness.ValidationCode, `{ rooms(after: 5) { nodes { id } } }`)
	c.doc("a cursor that is a list", harness.ValidationCode, `{ rooms(after: ["x", "y"]) { nodes { id } } }`)
	c.doc("a cursor that is an enum", harness.ValidationCode, `{ rooms(after: ALL) { nodes { id } } }`)
	c.doc("a long string in 60 operations", harness.ValidationCode, harness.Times(60, "query q#{...F}")+`fragment F on Query{nodes(ids:[["`+strings.Repeat("x", 100000)+`"]]){id}}`)
	c.doc("an object for an id", harness.ValidationCode, `{ room(id: {a: "b"}) { id } }`)
	c.doc("450 keys of an object", harness.ComplexCode, "{ rooms(after: {"+harness.Times(450, "a#: 1 ")+"}) { nodes { id } } }")
	c.doc("300 keys of an object", harness.ValidationCode, "{ rooms(after: {"+harness.Times(300, "a#: 1 ")+"}) { nodes { id } } }")
	c.doc("one key 300 times", harness.ValidationCode, "{ rooms(after: {"+harness.Times(300, "a: 1 ")+"}) { nodes { id } } }")
	c.doc("900 strings for a list", harness.UnsignedCode, `{ nodes(ids: [`+harness.Times(900, `"" `)+`]) { id } }`)
	c.doc("900 wrong values for a list", harness.ValidationCode, `{ nodes(ids: [`+harness.Times(900, `true `)+`]) { id } }`)
	c.doc("null for what is not null", harness.ValidationCode, "{ room(id: null) { id } }")
	c.doc("null among ids", harness.ValidationCode, "{ nodes(ids: [null]) { id } }")
	c.doc("an Int too large", harness.UnsignedCode, "{ rooms(first: 99999999999) { nodes { id } } }")
	c.doc("the condition is a string", harness.ValidationCode, `{ me @skip(if: "true") { id } }`)
	c.doc("the condition is missing", harness.ValidationCode, `{ me @skip { id } }`)
}

func (c *hostileCorpus) variables() {
	const room = "query($v: ID!) { room(id: $v) { id } }"
	const ids = "query($v: [ID!]!) { nodes(ids: $v) { id } }"
	const first = "query($v: Int) { rooms(first: $v) { nodes { id } } }"
	const after = "query($v: Cursor) { rooms(after: $v) { nodes { id } } }"
	c.doc("240 variables", harness.ValidationCode, "query("+harness.Times(240, "$a#: Int ")+") { me { id } }")
	c.doc("120 used variables", harness.InputCode, "query("+harness.Times(120, "$a#: ID! ")+") { nodes(ids: ["+harness.Times(120, "$a# ")+"]) { id } }", "{}")
	c.doc("undefined variables", harness.ValidationCode, "{ nodes(ids: ["+harness.Times(300, "$a# ")+"]) { id } }")
	c.doc("one variable twice", harness.ValidationCode, "query($a: Int $a: Int) { rooms(first: $a) { nodes { id } } }")
	c.doc("a variable of an object type", harness.ValidationCode, "query($a: Room) { room(id: $a) { id } }")
	c.doc("a variable in a variable", harness.ParseCode, "query($a: Int = $b, $b: Int = $a) { rooms(first: $a) { nodes { id } } }")
	for name, value := range map[string]string{
		"true": "true", "a number": "1.5", "a list": "[]", "an object": "{}", "a string": `"x"`, "null": "null",
		"a number of 100,000 digits": strings.Repeat("9", 100000), "an exponent": "1e100000",
		"minus zero": "-0", "a list in a list": `[["x"]]`, "lists 90 deep": nested(90, "[", "", "]"),
	} {
		c.doc("an ID that is "+name, anyCode, room, `{"v":`+value+`}`)
		c.doc("an Int that is "+name, anyCode, first, `{"v":`+value+`}`)
		c.doc("a list that is "+name, anyCode, ids, `{"v":`+value+`}`)
		c.doc("a cursor that is "+name, anyCode, after, `{"v":`+value+`}`)
	}
	c.doc("lists 50,000 deep", harness.InputCode, after, `{"v":`+nested(50000, "[", "", "]")+`}`)
	c.doc("lists 101 deep", harness.InputCode, after, `{"v":`+nested(99, "[", "", "]")+`}`)
	c.doc("lists 9,000 deep", harness.InputCode, after, `{"v":`+nested(9000, "[", "", "]")+`}`)
	c.doc("objects 9,000 deep", harness.InputCode, after, `{"v":`+nested(9000, `{"a":`, "1", "}")+`}`)
	c.doc("60,000 numbers", harness.InputCode, ids, `{"v":[`+strings.Repeat("0,", 60000)+`0]}`)
	c.doc("40,000 lists", harness.InputCode, ids, `{"v":[`+strings.Repeat("[],", 40000)+`0]}`)
	c.doc("40,000 objects", harness.InputCode, ids, `{"v":[`+strings.Repeat("{},", 40000)+`0]}`)
	c.doc("14,000 small objects", harness.InputCode, ids, `{"v":[`+strings.Repeat(`{"":0},`, 14000)+`0]}`)
	c.doc("20,000 keys", harness.InputCode, after, `{"v":{`+strings.TrimSuffix(harness.Times(9000, `"#":0,`), ",")+`}}`)
	c.doc("2,000 ids", harness.UnsignedCode, ids, `{"v":[`+strings.Repeat(`"01890a5d-ac96-774b-bcce-b302099a8057",`, 2000)+`""]}`)
	c.doc("100 ids of 1,000 bytes", harness.UnsignedCode, ids, `{"v":[`+strings.Repeat(`"`+strings.Repeat("x", 1000)+`",`, 100)+`""]}`)
	c.doc("a string of 120,000 bytes", harness.UnsignedCode, room, `{"v":"`+strings.Repeat("x", 120000)+`"}`)
	c.doc("a string of 20,000 escapes", harness.UnsignedCode, room, `{"v":"`+strings.Repeat(`\u0041`, 20000)+`"}`)
	c.doc("variables nobody asked for", "", "{ server { version } }", `{`+strings.TrimSuffix(harness.Times(2000, `"a#":"x",`), ",")+`}`)
	c.doc("an enum of 100,000 letters", harness.InputCode, "mutation($s: LogoutScope) { logout(scope: $s) }", `{"s":"`+strings.Repeat("x", 100000)+`"}`)
	c.doc("defaults that fit", harness.UnsignedCode, `query($v: ID = "general") { room(id: $v) { id } }`)
	c.doc("defaults that do not", harness.ValidationCode, `query($v: Int = "x") { rooms(first: $v) { nodes { id } } }`)
	c.doc("a default out of range", harness.ValidationCode, `query($v: Cursor = 1e999) { rooms(after: $v) { nodes { id } } }`)
	c.doc("240 defaults", harness.ValidationCode, "query("+harness.Times(150, "$a#: Int = # ")+") { me { id } }")
}

// anyCode is that of a request of which only matters that it has a code that is documented, or none.
const anyCode = "*"

func (c *hostileCorpus) nulls() {
	c.doc("skip by null", harness.InputCode, "query($v: Boolean = true) { server @skip(if: $v) { version } }", `{"v":null}`)
	c.doc("include by null", harness.InputCode, "query($v: Boolean = true) { server { version @include(if: $v) } }", `{"v":null}`)
	c.doc("include by null in a fragment", harness.InputCode, "query($v: Boolean = true) { ...A } fragment A on Query { ... @include(if: $v) { me { id } } }", `{"v":null}`)
	c.doc("include by null below __schema", harness.InputCode, "query($v: Boolean = true) { __schema { types { name @include(if: $v) } } }", `{"v":null}`)
	c.doc("an id by null", harness.InputCode, `query($v: ID = "x") { room(id: $v) { id } }`, `{"v":null}`)
	c.doc("one of ids by null", harness.InputCode, `query($v: ID = "x") { nodes(ids: ["a", $v]) { id } }`, `{"v":null}`)
	c.doc("ids by null", harness.InputCode, `query($v: [ID!] = ["x"]) { nodes(ids: $v) { id } }`, `{"v":null}`)
	c.doc("a page by null", harness.UnsignedCode, `query($v: Int = 5) { rooms(first: $v) { nodes { id } } }`, `{"v":null}`)
}
