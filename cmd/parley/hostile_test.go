package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// A hostile request is one that somebody sends to hurt the server. code is what it gets without a session, in
// application/graphql-response+json; "": it is answered.
type hostile struct {
	name, code string
	body       string
}

// A hostileCorpus collects them.
type hostileCorpus struct {
	t   testing.TB
	all []hostile
}

// body adds the body of a request as it is.
func (c *hostileCorpus) body(name, code, body string) {
	c.all = append(c.all, hostile{name, code, body})
}

// doc adds a document, perhaps with variables.
func (c *hostileCorpus) doc(name, code, document string, variables ...string) {
	text, err := json.Marshal(document)
	if err != nil {
		c.t.Fatal(err)
	}
	body := `{"query":` + string(text)
	if len(variables) > 0 {
		body += `,"variables":` + variables[0]
	}
	c.body(name, code, body+"}")
}

// times repeats a text; # in it is the number.
func times(n int, text string) string {
	if !strings.Contains(text, "#") {
		return strings.Repeat(text, n)
	}
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(text, "#", strconv.Itoa(i)))
	}
	return b.String()
}

// nested puts a text n times around inner.
func nested(n int, open, inner, end string) string {
	return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
}

const (
	complexCode    = "OPERATION_TOO_COMPLEX"
	parseCode      = "GRAPHQL_PARSE_FAILED"
	validationCode = "GRAPHQL_VALIDATION_FAILED"
	inputCode      = "BAD_USER_INPUT"
	unsignedCode   = "UNAUTHENTICATED"
)

// hostileRequests are all of them.
func hostileRequests(t testing.TB) []hostile {
	c := &hostileCorpus{t: t}
	c.wide()
	c.deep()
	c.fragments()
	c.names()
	c.lexical()
	c.literals()
	c.variables()
	c.nulls()
	c.introspection()
	c.operations()
	c.bodies()
	c.persisted()
	return c.all
}

func (c *hostileCorpus) wide() {
	c.doc("1,000 unknown fields", complexCode, "{ "+times(1000, "a# ")+"}")
	c.doc("400 unknown fields below", validationCode, "{ me { "+times(400, "a# ")+"} }")
	c.doc("400 known fields below", "", "{ server { "+times(10, "version time limits { chatLength pageSize } ")+"} }")
	c.doc("one field 900 times", complexCode, "{ "+times(900, "me ")+"}")
	c.doc("one field 30,000 times", complexCode, "{ "+times(30000, "me ")+"}")
	c.doc("one field 11 times below", complexCode, "{ me { "+times(11, "id ")+"} }")
	c.doc("each field ten times", "", "{ me { "+times(10, "id username createdAt __typename ")+"} }")
	c.doc("ten times ten times ten", complexCode, "{ "+times(10, "rooms { "+times(10, "nodes { "+times(10, "id ")+"} ")+"} ")+"}")
	c.doc("pairs of pairs", complexCode, "{ "+times(8, "rooms { "+times(5, "nodes { "+times(3, "lastChat { id } ")+"} ")+"} ")+"}")
	c.doc("pairs of four", complexCode, "{ "+times(9, "rooms { "+times(9, "nodes { id name createdAt topic } ")+"} ")+"}")
	c.doc("11 root fields", complexCode, "{ "+times(11, "a#: server { version } ")+"}")
	c.doc("10 root fields", "", "{ "+times(10, "a#: server { version } ")+"}")
	c.doc("16 aliases", complexCode, "{ me { "+times(16, "a#: id ")+"} }")
	c.doc("1,000 aliases", complexCode, "{ "+times(250, "a#: me { id } ")+"}")
	c.doc("aliases that conflict", validationCode, "{ me { "+times(5, "a: id a: username ")+"} }")
	c.doc("aliases by fragments", complexCode, "{ server { ...A } b: server { ...A } } fragment A on Server { "+times(8, "a#: version ")+"}")
	c.doc("500 arguments", complexCode, "{ rooms("+times(500, "a#: 1 ")+") { nodes { id } } }")
	c.doc("300 unknown arguments", validationCode, "{ rooms("+times(300, "a#: 1 ")+") { nodes { id } } }")
	c.doc("one argument 300 times", validationCode, "{ rooms("+times(300, "first: 1 ")+") { nodes { id } } }")
	c.doc("21 directives", complexCode, "{ me { "+times(21, "id @skip(if: true) ")+"} }")
	c.doc("20 of one directive", validationCode, "{ me { id "+times(20, "@skip(if: true) ")+"} }")
	c.doc("1,000 unknown directives", complexCode, "{ me { id "+times(1000, "@a# ")+"} }")
	c.doc("20 unknown directives", validationCode, "{ me { id "+times(20, "@a# ")+"} }")
	c.doc("directives on variables", complexCode, "query("+times(30, "$a#: Int @a ")+") { me { id } }")
	c.doc("100 logins", complexCode, "mutation { "+times(100, `a#: login(username: "a", password: "b") { accessToken } `)+"}")
	c.doc("two logins", complexCode, `mutation { a: login(username: "a", password: "b") { accessToken } b: login(username: "a", password: "c") { accessToken } }`)
	c.doc("two passwords by fragments", complexCode, `mutation { ...A ...A } fragment A on Mutation { deleteAccount(password: "x") ... { logout } }`)
	c.doc("a login that is skipped, and one", complexCode, `mutation { a: logout @skip(if: true) b: logout }`)
	c.doc("page of 200 with 25 fields", complexCode, `{ chats(room: "general", first: 200) { nodes { `+times(13, "a#: id ")+times(6, "id text ")+"} } }")
	c.doc("pages of everything", complexCode, "{ rooms(first: 200) { nodes { ...R } edges { node { ...R } } } } fragment R on Room { id name topic createdAt __typename lastChat { id text number cursor room { id name } user { id username } } }")
	c.doc("costs by variable", complexCode, `query($n: Int) { a: rooms(first: $n) { ...R } b: rooms(first: $n) { ...R } } fragment R on RoomConnection { nodes { id name topic createdAt lastChat { id text number username createdAt user { id username createdAt } } } }`, `{"n": 200}`)
	c.doc("page of 2^31", unsignedCode, "{ rooms(first: 2147483647) { nodes { id } } }")
	c.doc("page of minus 2^31", unsignedCode, "{ rooms(first: -2147483648) { nodes { id } } }")
	c.doc("100 ids", unsignedCode, `{ nodes(ids: [`+times(100, `"x#",`)+`]) { id } }`)
	c.doc("900 ids", unsignedCode, `{ nodes(ids: [`+times(900, `"x#",`)+`]) { id } }`)
}

func (c *hostileCorpus) deep() {
	c.doc("300 deep", complexCode, nested(300, "{ a ", "{ b }", " }"))
	c.doc("20,000 deep", complexCode, nested(20000, "{a", "{b}", "}"))
	c.doc("20,000 braces", parseCode, strings.Repeat("{", 20000))
	c.doc("100,000 brackets", complexCode, "{ nodes(ids: "+strings.Repeat("[", 100000))
	c.doc("11 deep", complexCode, "{ rooms { nodes { "+nested(5, "lastChat { room { ", "id", "} } ")+" } } }")
	c.doc("300 inline", complexCode, nested(300, "{...", "{ me }", " }"))
	c.doc("29 inline around 40 fields", "", "{ me { "+nested(29, "... {", times(10, "id username createdAt __typename "), "} ")+"} }")
	c.doc("31 inline beside", complexCode, "{ "+times(31, "... { me { id } } ")+"}")
	c.doc("lists 480 deep", validationCode, "{ nodes(ids: "+nested(480, "[", "", "]")+") { id } }")
	c.doc("objects 230 deep", validationCode, "{ nodes(ids: "+nested(230, "{a: ", "1", "}")+") { id } }")
	c.doc("lists 300 deep for a cursor", validationCode, `{ chats(room: "x", after: `+nested(300, "[", "", "]")+") { nodes { id } } }")
	c.doc("objects 200 deep for a cursor", validationCode, `{ chats(room: "x", after: `+nested(200, "{a: ", "1", "}")+") { nodes { id } } }")
	c.doc("type 480 deep", validationCode, "query($a: "+nested(480, "[", "Int", "]")+") { rooms(first: $a) { nodes { id } } }")
	c.doc("default 300 deep", validationCode, "query($a: ID = "+nested(300, "[", "", "]")+") { room(id: $a) { id } }")
}

func (c *hostileCorpus) fragments() {
	c.doc("a fragment in itself", complexCode, "{ ...A } fragment A on Query { ...A }")
	c.doc("a cycle of 25", complexCode, "{ ...F0 } "+times(24, "fragment F# on Query { me { id } ...G# } ")+cycle(25))
	c.doc("a cycle below", complexCode, "{ rooms { nodes { ...A } } } fragment A on Room { lastChat { room { ...A } } }")
	c.doc("a cycle of nobody", complexCode, "{ me { id } } fragment A on Query { ...B } fragment B on Query { ...A }")
	c.doc("a cycle through inline", complexCode, "{ ...A } fragment A on Query { ... { ... on Query { ...A } } }")
	c.doc("24 doubling", complexCode, doubling(24))
	c.doc("8 doubling", complexCode, doubling(8))
	c.doc("10 in a chain", validationCode, chain(9, "zz"))
	c.doc("11 in a chain", complexCode, chain(11, "zz"))
	c.doc("10 in a chain, wide", "", chain(9, "server { version time limits { pageSize chatLength } }"))
	c.doc("31 fragments", complexCode, "{ "+times(31, "...F# ")+"} "+times(31, "fragment F# on Query { me { id } } "))
	c.doc("30 unknown fragments", validationCode, "{ "+times(30, "...U# ")+"}")
	c.doc("450 unknown fragments", complexCode, "{ "+times(450, "...U# ")+"}")
	c.doc("one fragment 450 times", complexCode, "{ "+times(450, "...A ")+"} fragment A on Query { me { id } }")
	c.doc("one fragment ten times", "", "{ "+times(10, "...A ")+"} fragment A on Query { me { id } }")
	c.doc("one name 30 times", validationCode, "{ ...A } "+times(30, "fragment A on Query { me { id } } "))
	c.doc("30 unused", validationCode, "{ me { id } } "+times(30, "fragment F# on Query { server { version time } } "))
	c.doc("30 unused and large", complexCode, "{ me { id } } "+times(30, "fragment F# on Query { server { "+times(5, "version time ")+"} server { "+times(5, "version time ")+"} } "))
	c.doc("fragments of no type", validationCode, "{ "+times(10, "...F# ")+"} "+times(10, "fragment F# on Zz# { me { id } } "))
	c.doc("fragments on a scalar", validationCode, "{ ...F } fragment F on String { a }")
	c.doc("fragments that cannot be", validationCode, "{ me { "+times(10, "... on Room { id } ")+"} }")
	c.doc("fragments that conflict", validationCode, "{ "+times(7, "rooms { ...F# } ")+"} "+times(7, "fragment F# on RoomConnection { nodes { a: id } nodes { a: name } } "))
	c.doc("fragments that are compared", unsignedCode, "{ "+times(9, "rooms { ...F# } ")+"} "+times(9, "fragment F# on RoomConnection { nodes { id name topic createdAt lastChat { id text number username createdAt } } } "))
	c.doc("a fragment called on", parseCode, "{ ...on } fragment on on Query { me { id } }")
	c.doc("a fragment with variables", validationCode, "{ ...A } fragment A($a: Int = 1) on Query { rooms(first: $a) { nodes { id } } }")
}

// cycle closes the cycle of n fragments F0, G0, F1 …
func cycle(n int) string {
	var b strings.Builder
	for i := range min(n, 5) {
		fmt.Fprintf(&b, "fragment G%d on Query { ...F%d } ", i, (i+1)%5)
	}
	return b.String()
}

// doubling is n fragments of which each contains the next twice.
func doubling(n int) string {
	var b strings.Builder
	b.WriteString("{ ...F0 } ")
	for i := range n {
		fmt.Fprintf(&b, "fragment F%d on Query { rooms { ...G%d } a: rooms { ...G%d } } fragment G%d on RoomConnection { nodes { id } } ", i, i, i, i)
		if i > 12 {
			break
		}
	}
	for i := range n {
		fmt.Fprintf(&b, "fragment H%d on Room { lastChat { room { ...H%d } } lastChat { room { ...H%d } } } ", i, i+1, i+1)
	}
	return b.String()
}

// chain is n fragments, each with some fields and the next.
func chain(n int, fields string) string {
	var b strings.Builder
	b.WriteString("{ ...F0 } ")
	for i := range n {
		fmt.Fprintf(&b, "fragment F%d on Query { __typename ...F%d } ", i, i+1)
	}
	fmt.Fprintf(&b, "fragment F%d on Query { %s }", n, fields)
	return b.String()
}

func (c *hostileCorpus) names() {
	long := strings.Repeat("n", 115000)
	c.doc("a field of 115,000 letters", validationCode, "{ "+long+" }")
	c.doc("an alias of 115,000 letters", "", "{ "+long+": server { version } }")
	c.doc("an operation of 115,000 letters", validationCode, "query "+long+"("+times(240, "$a#: Int ")+") { me { id } }")
	c.doc("a fragment of 60,000 letters", complexCode, "{ ..."+long[:50000]+" } fragment "+long[:50000]+" on Query { ..."+long[:10000]+" ..."+long[:50000]+" }")
	c.doc("a variable of 50,000 letters", validationCode, "query($"+long[:50000]+": Int) { rooms(first: $"+long[:50001]+") { nodes { id } } }")
	c.doc("a type of 100,000 letters", validationCode, "query($a: "+long[:100000]+") { room(id: $a) { id } }")
	c.doc("a type condition of 100,000 letters", validationCode, "{ ... on "+long[:100000]+" { me } }")
	c.doc("a directive of 100,000 letters", validationCode, "{ me @"+long[:100000]+" { id } }")
	c.doc("an argument of 100,000 letters", validationCode, "{ rooms("+long[:100000]+": 1) { nodes { id } } }")
	c.doc("an enum value of 100,000 letters", validationCode, "mutation { logout(scope: "+long[:100000]+") }")
	c.doc("a long name in 100 operations", validationCode, times(60, "query q#{...F}")+"fragment F on Query{"+long[:100000]+"}")
	c.doc("a long variable in 60 operations", validationCode, times(60, "query q#{...F}")+"fragment F on Query{rooms(first:$"+long[:100000]+"){nodes{id}}}")
	c.doc("1,000 names of 100 letters", complexCode, "{ "+times(1000, long[:100]+"# ")+"}")
}

func (c *hostileCorpus) lexical() {
	c.doc("empty", validationCode, "")
	c.doc("120,000 spaces", validationCode, strings.Repeat(" ", 120000))
	c.doc("120,000 commas", "", "{ server { version } }"+strings.Repeat(",", 120000))
	c.doc("60,000 lines", "", strings.Repeat("\n", 60000)+"{ server { version } }")
	c.doc("1,000 comments", complexCode, strings.Repeat("#x\n", 1000)+"{ server { version } }")
	c.doc("40,000 comments", complexCode, strings.Repeat("#\n", 40000)+"{ server { version } }")
	c.doc("a comment of 120,000 bytes", "", "#"+strings.Repeat("x", 120000)+"\n{ server { version } }")
	c.doc("900 comments in a selection", "", "{ server { version "+strings.Repeat("#\n", 900)+"} }")
	c.doc("a byte order mark", "", "\ufeff{ server { version } }")
	c.doc("10,000 byte order marks", "", strings.Repeat("\ufeff", 10000)+"{ server { version } }")
	c.doc("NUL", parseCode, "{ server\u0000 { version } }")
	c.doc("NUL in a string", parseCode, "{ room(id: \"a\u0000b\") { id } }")
	c.doc("an escaped NUL", unsignedCode, `{ room(id: "a\u0000b") { id } }`)
	c.doc("control characters", parseCode, "{ \u0001\u0002\u0003 }")
	c.doc("letters that are none", parseCode, "{ ünïcödé }")
	c.doc("an emoji", parseCode, "{ 💬 }")
	c.doc("60,000 quotes", unsignedCode, "{ room(id: "+strings.Repeat(`"`, 60001)+") { id } }")
	c.doc("an open string", parseCode, `{ room(id: "`+strings.Repeat("x", 100000))
	c.doc("an open block string", parseCode, `{ room(id: """`+strings.Repeat("x\n", 40000))
	c.doc("a block string of 40,000 lines", unsignedCode, `{ room(id: """`+strings.Repeat("\n x", 30000)+`""") { id } }`)
	c.doc("a block string of quotes", unsignedCode, `{ room(id: """`+strings.Repeat(`"" `, 25000)+`""") { id } }`)
	c.doc("a block string of escapes", unsignedCode, `{ room(id: """`+strings.Repeat(`\"""`, 15000)+`""") { id } }`)
	c.doc("20,000 escapes", unsignedCode, `{ room(id: "`+strings.Repeat(`\u0041`, 16000)+`") { id } }`)
	c.doc("half a pair", unsignedCode, `{ room(id: "\ud800") { id } }`)
	c.doc("an escape beyond Unicode", parseCode, `{ room(id: "\u{110000}") { id } }`)
	c.doc("an escape of 100,000 digits", parseCode, `{ room(id: "\u{`+strings.Repeat("0", 100000)+`41}") { id } }`)
	c.doc("an open escape", parseCode, `{ room(id: "\u00`)
	c.doc("single quotes", parseCode, "{ room(id: 'x') { id } }")
	c.doc("two dots", parseCode, "{ ..A }")
	c.doc("all punctuation", parseCode, strings.Repeat("!$&(){}[]:=@|...", 60))
	c.doc("a schema", parseCode, "type Query { a: Int }")
	c.doc("a description", "", `"""x""" query A { server { version } }`)
	c.doc("300 descriptions", parseCode, strings.Repeat(`"x" `, 300)+"query A { server { version } }")
	c.body("broken UTF-8", inputCode, "{\"query\":\"{ me\xff }\"}")
	c.body("broken UTF-8 in a key", inputCode, "{\"query\xc3\x28\":\"{ me }\"}")
	c.body("half a pair in JSON", unsignedCode, `{"query":"{ room(id: \"\ud800\") { id } }"}`)
}

func (c *hostileCorpus) literals() {
	digits := strings.Repeat("9", 100000)
	c.doc("an id of 100,000 digits", validationCode, "{ room(id: "+digits+") { id } }")
	c.doc("an Int of 100,000 digits", validationCode, "{ rooms(first: "+digits+") { nodes { id } } }")
	c.doc("a Float of 100,000 digits", validationCode, "{ rooms(first: 1."+digits+") { nodes { id } } }")
	c.doc("an exponent of 100,000 digits", validationCode, "{ rooms(first: 1e"+digits+") { nodes { id } } }")
	c.doc("a cursor of 100,000 digits", validationCode, `{ rooms(after: `+digits+`) { nodes { id } } }`)
	c.doc("a cursor that is no number", validationCode, `{ rooms(after: 1e999) { nodes { id } } }`)
	c.doc("a cursor in lists with a number", validationCode, `{ rooms(after: [[{a: 1e999}]]) { nodes { id } } }`)
	c.doc("a cursor that is a number", validationCode, `{ rooms(after: 5) { nodes { id } } }`)
	c.doc("a cursor that is a list", validationCode, `{ rooms(after: ["x", "y"]) { nodes { id } } }`)
	c.doc("a cursor that is an enum", validationCode, `{ rooms(after: ALL) { nodes { id } } }`)
	c.doc("a long string in 60 operations", validationCode, times(60, "query q#{...F}")+`fragment F on Query{nodes(ids:[["`+strings.Repeat("x", 100000)+`"]]){id}}`)
	c.doc("an object for an id", validationCode, `{ room(id: {a: "b"}) { id } }`)
	c.doc("450 keys of an object", complexCode, "{ rooms(after: {"+times(450, "a#: 1 ")+"}) { nodes { id } } }")
	c.doc("300 keys of an object", validationCode, "{ rooms(after: {"+times(300, "a#: 1 ")+"}) { nodes { id } } }")
	c.doc("one key 300 times", validationCode, "{ rooms(after: {"+times(300, "a: 1 ")+"}) { nodes { id } } }")
	c.doc("900 strings for a list", unsignedCode, `{ nodes(ids: [`+times(900, `"" `)+`]) { id } }`)
	c.doc("900 wrong values for a list", validationCode, `{ nodes(ids: [`+times(900, `true `)+`]) { id } }`)
	c.doc("null for what is not null", validationCode, "{ room(id: null) { id } }")
	c.doc("null among ids", validationCode, "{ nodes(ids: [null]) { id } }")
	c.doc("an Int too large", unsignedCode, "{ rooms(first: 99999999999) { nodes { id } } }")
	c.doc("the condition is a string", validationCode, `{ me @skip(if: "true") { id } }`)
	c.doc("the condition is missing", validationCode, `{ me @skip { id } }`)
}

func (c *hostileCorpus) variables() {
	const room = "query($v: ID!) { room(id: $v) { id } }"
	const ids = "query($v: [ID!]!) { nodes(ids: $v) { id } }"
	const first = "query($v: Int) { rooms(first: $v) { nodes { id } } }"
	const after = "query($v: Cursor) { rooms(after: $v) { nodes { id } } }"
	c.doc("240 variables", validationCode, "query("+times(240, "$a#: Int ")+") { me { id } }")
	c.doc("120 used variables", inputCode, "query("+times(120, "$a#: ID! ")+") { nodes(ids: ["+times(120, "$a# ")+"]) { id } }", "{}")
	c.doc("undefined variables", validationCode, "{ nodes(ids: ["+times(300, "$a# ")+"]) { id } }")
	c.doc("one variable twice", validationCode, "query($a: Int $a: Int) { rooms(first: $a) { nodes { id } } }")
	c.doc("a variable of an object type", validationCode, "query($a: Room) { room(id: $a) { id } }")
	c.doc("a variable in a variable", parseCode, "query($a: Int = $b, $b: Int = $a) { rooms(first: $a) { nodes { id } } }")
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
	c.doc("lists 50,000 deep", inputCode, after, `{"v":`+nested(50000, "[", "", "]")+`}`)
	c.doc("lists 101 deep", inputCode, after, `{"v":`+nested(99, "[", "", "]")+`}`)
	c.doc("lists 9,000 deep", inputCode, after, `{"v":`+nested(9000, "[", "", "]")+`}`)
	c.doc("objects 9,000 deep", inputCode, after, `{"v":`+nested(9000, `{"a":`, "1", "}")+`}`)
	c.doc("60,000 numbers", inputCode, ids, `{"v":[`+strings.Repeat("0,", 60000)+`0]}`)
	c.doc("40,000 lists", inputCode, ids, `{"v":[`+strings.Repeat("[],", 40000)+`0]}`)
	c.doc("40,000 objects", inputCode, ids, `{"v":[`+strings.Repeat("{},", 40000)+`0]}`)
	c.doc("14,000 small objects", inputCode, ids, `{"v":[`+strings.Repeat(`{"":0},`, 14000)+`0]}`)
	c.doc("20,000 keys", inputCode, after, `{"v":{`+strings.TrimSuffix(times(9000, `"#":0,`), ",")+`}}`)
	c.doc("2,000 ids", unsignedCode, ids, `{"v":[`+strings.Repeat(`"01890a5d-ac96-774b-bcce-b302099a8057",`, 2000)+`""]}`)
	c.doc("100 ids of 1,000 bytes", unsignedCode, ids, `{"v":[`+strings.Repeat(`"`+strings.Repeat("x", 1000)+`",`, 100)+`""]}`)
	c.doc("a string of 120,000 bytes", unsignedCode, room, `{"v":"`+strings.Repeat("x", 120000)+`"}`)
	c.doc("a string of 20,000 escapes", unsignedCode, room, `{"v":"`+strings.Repeat(`\u0041`, 20000)+`"}`)
	c.doc("variables nobody asked for", "", "{ server { version } }", `{`+strings.TrimSuffix(times(2000, `"a#":"x",`), ",")+`}`)
	c.doc("an enum of 100,000 letters", inputCode, "mutation($s: LogoutScope) { logout(scope: $s) }", `{"s":"`+strings.Repeat("x", 100000)+`"}`)
	c.doc("defaults that fit", unsignedCode, `query($v: ID = "general") { room(id: $v) { id } }`)
	c.doc("defaults that do not", validationCode, `query($v: Int = "x") { rooms(first: $v) { nodes { id } } }`)
	c.doc("a default out of range", validationCode, `query($v: Cursor = 1e999) { rooms(after: $v) { nodes { id } } }`)
	c.doc("240 defaults", validationCode, "query("+times(150, "$a#: Int = # ")+") { me { id } }")
}

// anyCode is that of a request of which only matters that it has a code that is documented, or none.
const anyCode = "*"

func (c *hostileCorpus) nulls() {
	c.doc("skip by null", inputCode, "query($v: Boolean = true) { server @skip(if: $v) { version } }", `{"v":null}`)
	c.doc("include by null", inputCode, "query($v: Boolean = true) { server { version @include(if: $v) } }", `{"v":null}`)
	c.doc("include by null in a fragment", inputCode, "query($v: Boolean = true) { ...A } fragment A on Query { ... @include(if: $v) { me { id } } }", `{"v":null}`)
	c.doc("include by null below __schema", inputCode, "query($v: Boolean = true) { __schema { types { name @include(if: $v) } } }", `{"v":null}`)
	c.doc("an id by null", inputCode, `query($v: ID = "x") { room(id: $v) { id } }`, `{"v":null}`)
	c.doc("one of ids by null", inputCode, `query($v: ID = "x") { nodes(ids: ["a", $v]) { id } }`, `{"v":null}`)
	c.doc("ids by null", inputCode, `query($v: [ID!] = ["x"]) { nodes(ids: $v) { id } }`, `{"v":null}`)
	c.doc("a page by null", unsignedCode, `query($v: Int = 5) { rooms(first: $v) { nodes { id } } }`, `{"v":null}`)
}

func (c *hostileCorpus) introspection() {
	c.doc("introspection 22 deep", complexCode, "{ __schema { types { "+nested(21, "ofType { ", "name", "} ")+"} } }")
	c.doc("introspection 20 deep", "", "{ __schema { types { "+nested(17, "ofType { ", "name", "} ")+"} } }")
	c.doc("types of fields of types of fields", anyCode, "{ __schema { types { fields { type { fields { type { name kind description } } } } } } }")
	c.doc("three lists", validationCode, "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }")
	c.doc("all of introspection", anyCode, wideIntrospection(3))
	c.doc("all of introspection, often", anyCode, wideIntrospection(9))
	c.doc("fields and arguments of fields", anyCode, "{ __schema { types { fields { args { type { ...T } } type { ...T fields { args { type { ...T } } type { ...T } } } } } } } fragment T on __Type { kind name description ofType { kind name description ofType { kind name description ofType { kind name } } } }")
	c.doc("possible types of everything", anyCode, "{ __schema { types { name possibleTypes { ...T fields { ...F } } interfaces { ...T possibleTypes { ...T } } enumValues { name description isDeprecated } } } } fragment T on __Type { kind name description specifiedByURL } fragment F on __Field { name description args { name description defaultValue } type { kind name ofType { kind name ofType { kind name } } } }")
	c.doc("ten times __type", anyCode, "{ "+times(10, `a#: __type(name: "Query") { fields { name args { name type { name kind ofType { name kind } } } type { name kind fields { name } } } } `)+"}")
	c.doc("__type of a name of 100,000 letters", "", `{ __type(name: "`+strings.Repeat("x", 100000)+`") { name } }`)
	c.doc("__typename only", "", "{ "+times(10, "a#: __typename ")+"}")
	c.doc("__schema below", validationCode, "{ me { __schema { types { name } } } }")
}

// wideIntrospection asks each type for everything, n times over.
func wideIntrospection(n int) string {
	return "{ __schema { " + times(n, "types { ...T fields(includeDeprecated: true) { name description isDeprecated deprecationReason args { name description defaultValue type { ...T } } type { ...T ofType { ...T ofType { ...T } } } } } ") +
		"} } fragment T on __Type { kind name description specifiedByURL enumValues { name description } }"
}

func (c *hostileCorpus) operations() {
	c.doc("160 anonymous operations", validationCode, times(160, "{me{id}}"))
	c.doc("1,000 operations", complexCode, times(1000, "query q#{me{id}}"))
	c.doc("120 operations with one fragment", validationCode, times(120, "query q#{...F}")+"fragment F on Query{server{version}}")
	c.doc("100 operations of one name", validationCode, times(100, "query q{me{id}}"))
	c.doc("query and mutation", validationCode, "query { me { id } } mutation { logout }")
	c.doc("only a fragment", validationCode, "fragment A on Query { me { id } }")
	c.doc("a subscription of two fields", validationCode, `subscription { chatSent(room: "a") { id } events(rooms: ["a"]) { at } }`)
	c.doc("a subscription of introspection", validationCode, `subscription { __schema { types { name } } }`)
	c.doc("a subscription by HTTP", inputCode, `subscription { chatSent(room: "a") { id } }`)
	c.doc("a root that is none", validationCode, "subscription { me { id } }")
	c.body("an operation that is not there", validationCode, `{"query":"query A { me { id } }","operationName":"B"}`)
	c.body("several and none named", validationCode, `{"query":"query A { me { id } } query B { me { id } }"}`)
	c.body("an operation name of 100,000 letters", validationCode, `{"query":"query A { me { id } }","operationName":"`+strings.Repeat("x", 100000)+`"}`)
	c.body("an operation name that is a list", inputCode, `{"query":"{ me { id } }","operationName":[]}`)
	c.body("an empty operation name", "", `{"query":"{ me { id } }","operationName":""}`)
}

func (c *hostileCorpus) bodies() {
	c.body("nothing", inputCode, "")
	c.body("null", inputCode, "null")
	c.body("a list of requests", inputCode, `[`+strings.Repeat(`{"query":"{ me { id } }"},`, 4000)+`{}]`)
	c.body("two requests", inputCode, `{"query":"{ me { id } }"}{"query":"{ me { id } }"}`)
	c.body("a number", inputCode, strings.Repeat("1", 100000))
	c.body("100,000 brackets as they are", inputCode, strings.Repeat("[", 100000))
	c.body("100,000 braces as they are", inputCode, strings.Repeat(`{"a":`, 20000))
	c.body("20,000 keys of the request", inputCode, `{"query":"{ me { id } }",`+strings.TrimSuffix(times(9000, `"k#":0,`), ",")+`}`)
	c.body("one key 10,000 times", inputCode, `{`+strings.Repeat(`"query":"{ me { id } }",`, 4500)+strings.Repeat(`"a":0,`, 3000)+`"query":"{ server { version } }"}`)
	c.body("one key twice", "", `{"query":"{ nonsense }","query":"{ server { version } }"}`)
	c.body("a key in capitals", inputCode, `{"QUERY":"{ me { id } }"}`)
	c.body("a query that is a number", inputCode, `{"query":5}`)
	c.body("a query that is null", inputCode, `{"query":null}`)
	c.body("variables that are a list", inputCode, `{"query":"{ me { id } }","variables":[]}`)
	c.body("variables that are text", inputCode, `{"query":"{ me { id } }","variables":"{}"}`)
	c.body("extensions that are text", inputCode, `{"query":"{ me { id } }","extensions":"{}"}`)
	c.body("extensions of 5,000 keys", anyCode, `{"query":"{ server { version } }","extensions":{`+strings.TrimSuffix(times(5000, `"#":[],`), ",")+`}}`)
	c.body("cut off", inputCode, `{"query":"{ me { id }`)
	c.body("a byte order mark before it", inputCode, "\ufeff"+`{"query":"{ me { id } }"}`)
	c.body("NUL behind it", inputCode, `{"query":"{ me { id } }"}`+"\x00")
	c.body("too large", complexCode, `{"query":"{ me { id } }"`+strings.Repeat(" ", 128<<10)+`}`)
	c.body("120,000 spaces before it", "", strings.Repeat(" ", 120000)+`{"query":"{ server { version } }"}`)
	c.body("a form", inputCode, "query={me{id}}")
	c.body("XML", inputCode, `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>`)
}

func (c *hostileCorpus) persisted() {
	const text = "{ server { version } }"
	sum := sha256.Sum256([]byte(text))
	hash := hex.EncodeToString(sum[:])
	with := func(query, extension string) string {
		body := `{"extensions":{"persistedQuery":` + extension + `}`
		if query != "" {
			body += `,"query":"` + query + `"`
		}
		return body + "}"
	}
	c.body("a hash nobody knows", "PERSISTED_QUERY_NOT_FOUND", with("", `{"version":1,"sha256Hash":"`+strings.Repeat("0", 64)+`"}`))
	c.body("a hash of 100,000 letters", "PERSISTED_QUERY_NOT_FOUND", with("", `{"version":1,"sha256Hash":"`+strings.Repeat("x", 100000)+`"}`))
	c.body("the hash of another text", inputCode, with("{ me { id } }", `{"version":1,"sha256Hash":"`+hash+`"}`))
	c.body("a right hash", "", with(text, `{"version":1,"sha256Hash":"`+hash+`"}`))
	c.body("another version", inputCode, with(text, `{"version":2,"sha256Hash":"`+hash+`"}`))
	c.body("a version of 1,000 digits", inputCode, with(text, `{"version":`+strings.Repeat("9", 1000)+`,"sha256Hash":"`+hash+`"}`))
	c.body("a version that is text", inputCode, with(text, `{"version":"1","sha256Hash":"`+hash+`"}`))
	c.body("a hash that is a list", inputCode, with(text, `{"version":1,"sha256Hash":[]}`))
	c.body("an extension that is text", inputCode, with(text, `"x"`))
	c.body("an extension of 2,000 keys", inputCode, with(text, `{`+times(2000, `"k#":0,`)+`"version":1}`))
	c.body("the hash of what is no document", parseCode, with("{", `{"version":1,"sha256Hash":"`+sumOf("{")+`"}`))
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
