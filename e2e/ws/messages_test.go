package ws

import (
	"strings"
	"testing"

	"parley/e2e/harness"
	"parley/e2e/harness/forge"
)

// 129 bytes, in one and in three bytes a character.
var (
	longID     = strings.Repeat("x", 129)
	longEuroID = strings.Repeat("€", 43)
)

func TestSocketRulesOfInit(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, refresh := s.Register("ann")
	bob, _ := s.Register("bob")
	ended := s.SignIn("bob", "correct horse battery").AccessToken
	s.Must(nil, ended, `mutation { logout }`)
	init := func(payload string) string {
		return `> {"type":"connection_init","payload":` + payload + `}` + "\n"
	}
	const ack = `< {"type":"connection_ack"}` + "\n"
	me := func(data string) string {
		return ack + `> {"type":"subscribe","id":"1","payload":{"query":"{ me { username } }"}}` + "\n" +
			`< {"id":"1","type":"next","payload":{"data":{"me":` + data + `}}}` + "\n" + `< {"id":"1","type":"complete"}`
	}
	const isAnn, nobody = `{"username":"ann"}`, `null`
	play(s, ann, []rule{
		{"no payload", anonymous},
		{"payload null", init(`null`) + ack},
		{"payload an empty object", init(`{}`) + ack},
		{"payload an object of anything", init(`{"x":[1,{"y":null}],"é":"ü"}`) + ack},
		{"members that nobody knows", `> {"type":"connection_init","id":"1","more":{}}` + "\n" + ack},
		{"payload an array: 4400", init(`[]`) + "x 4400"},
		{"payload a string: 4400", init(`"ANN"`) + "x 4400"},
		{"payload a number: 4400", init(`1`) + "x 4400"},
		{"payload a boolean: 4400", init(`true`) + "x 4400"},
		{"token in Authorization", init(`{"Authorization":"Bearer ANN"}`) + me(isAnn)},
		{"token in authorization", init(`{"authorization":"Bearer ANN"}`) + me(isAnn)},
		{"token without Bearer", init(`{"authorization":"ANN"}`) + me(isAnn)},
		{"token with bearer", init(`{"authorization":"bearer ANN"}`) + me(isAnn)},
		{"both spellings, one token", init(`{"authorization":"ANN","Authorization":"Bearer ANN"}`) + me(isAnn)},
		{"both spellings, one empty", init(`{"authorization":"","Authorization":"Bearer ANN"}`) + me(isAnn)},
		{"both spellings, two tokens: 4403", init(`{"authorization":"ANN","Authorization":"`+bob+`"}`) + "x 4403"},
		{"no token: nobody", init(`{}`) + me(nobody)},
		{"token empty: nobody", init(`{"authorization":""}`) + me(nobody)},
		{"Bearer without a token: nobody", init(`{"authorization":"Bearer "}`) + me(nobody)},
		{"token null: nobody", init(`{"authorization":null}`) + me(nobody)},
		{"a third spelling: nobody", init(`{"AUTHORIZATION":"ANN"}`) + me(nobody)},
		{"token in headers: 4403", init(`{"headers":{"Authorization":"Bearer ANN"}}`) + "x 4403"},
		{"token further down, in small letters: 4403", init(`{"context":{"headers":{"authorization":"ANN"}}}`) + "x 4403"},
		{"token in its place and in headers", init(`{"Authorization":"ANN","headers":{"Authorization":"Bearer x"}}`) + me(isAnn)},
		{"headers without a token: nobody", init(`{"headers":{"authorization":"","x":"y"}}`) + me(nobody)},
		{"token a number: 4403", init(`{"authorization":7}`) + "x 4403"},
		{"token an array: 4403", init(`{"authorization":["ANN"]}`) + "x 4403"},
		{"token of nobody: 4403", init(`{"authorization":"nonsense"}`) + "x 4403"},
		{"token with another signature: 4403", init(`{"authorization":"`+forge.WithWrongSignature(ann)+`"}`) + "x 4403"},
		{"a refresh token: 4403", init(`{"authorization":"`+refresh+`"}`) + "x 4403"},
		{"another scheme: 4403", init(`{"authorization":"Basic ANN"}`) + "x 4403"},
		{"an ended session: 4401", init(`{"authorization":"`+ended+`"}`) + "x 4401"},
		{"again: 4429", anonymous + `> {"type":"connection_init"}` + "\nx 4429"},
		{"again, with a payload that is none: 4429", anonymous + init(`[]`) + "x 4429"},
		{"again, as somebody: 4429", anonymous + init(`{"authorization":"ANN"}`) + "x 4429"},
		{"again, as nobody: 4429", signedIn + init(`null`) + "x 4429"},
	})
}

func TestSocketRulesOfPing(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	const bare = `> {"type":"ping"}` + "\n" + `< {"type":"pong"}` + "\n"
	with := func(payload string) string {
		return `> {"type":"ping","payload":` + payload + `}` + "\n" + `< {"type":"pong","payload":` + payload + `}` + "\n"
	}
	play(s, ann, []rule{
		{"before init", bare + anonymous},
		{"before init, with a payload", with(`{"a":1}`) + anonymous},
		{"after init", anonymous + bare},
		{"after init, with a payload", anonymous + with(`{"a":1}`)},
		{"payload comes back whole", anonymous + with(`{"n":123456789012345678901234567890,"t":"\u0000é\"","l":[null,true,{}]}`)},
		{"payload of 60 KiB", anonymous + with(`"`+strings.Repeat("x", 60<<10)+`"`)},
		{"several in a row", anonymous + bare + bare + with(`{"a":2}`) + bare},
		{"with an id", anonymous + `> {"type":"ping","id":"1"}` + "\n" + `< {"type":"pong"}`},
		{"between chats", following + "! one\n" + heard("one") + bare + "! two\n" + heard("two")},
		{"pong before init is not answered", `> {"type":"pong"}` + "\n" + anonymous},
		{"pong after init is not answered", anonymous + `> {"type":"pong"}`},
		{"pong with a payload is not answered", anonymous + `> {"type":"pong","payload":{"a":1}}`},
	})
}

func TestSocketRulesOfIDs(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	ask := func(id string) string { return `> {"type":"subscribe","id":` + id + "," + typename }
	taken := func(id string) string { return anonymous + ask(`"`+id+`"`) + named(id) }
	const stop = `> {"type":"complete","id":"1"}` + "\n"
	const login = `> {"type":"subscribe","id":"1","payload":{"query":"mutation { login(username: \"ann\", password: \"correct horse battery\") { user { username } } }"}}` + "\n"
	play(s, ann, []rule{
		{"one character", taken("1")},
		{"128 bytes", taken(longID[1:])},
		{"128 bytes in Unicode", taken(longEuroID[3:] + "xx")},
		{"emoji", taken("👩‍🚀")},
		{"quote and backslash", taken(`\"\\`)},
		{"control characters", taken(`\u0000\n`)},
		{"less and greater", taken(`<>&`)},
		{"only a space", taken(" ")},
		{"a name of JavaScript", taken("__proto__")},
		{"none: 4400", anonymous + `> {"type":"subscribe",` + typename + "x 4400"},
		{"null: 4400", anonymous + ask(`null`) + "x 4400"},
		{"a number: 4400", anonymous + ask(`1`) + "x 4400"},
		{"an object: 4400", anonymous + ask(`{}`) + "x 4400"},
		{"empty: 4400", anonymous + ask(`""`) + "x 4400"},
		{"129 bytes: 4400", anonymous + ask(`"`+longID+`"`) + "x 4400"},
		{"129 bytes of 43 characters: 4400", anonymous + ask(`"`+longEuroID+`"`) + "x 4400"},
		{"free after the server's complete", taken("1") + ask(`"1"`) + named("1")},
		{"free after an error", anonymous + `> {"type":"subscribe","id":"1","payload":{"query":"{"}}` + "\ne 1 GRAPHQL_PARSE_FAILED\n" + ask(`"1"`) + named("1")},
		{"free after the client's complete", following + stop + ask(`"1"`) + named("1")},
		{"free after the end of a stream", signedIn + `> {"type":"subscribe","id":"1","payload":{"query":"subscription { chatSent(room: \"nowhere\") { text } }"}}` +
			"\ne 1 NOT_FOUND\n" + ask(`"1"`) + named("1")},
		{"free for the same stream again", following + stop + strings.TrimPrefix(following, signedIn) + "! one\n" + heard("one")},
		{"of a stream, to be quoted", streamed(`\"\\\u0001é<&>`)},
		{"of a stream, 128 bytes", streamed(longID[1:])},
		{"in use by a stream: 4409", following + ask(`"1"`) + "x 4409"},
		{"in use by a stream, payload broken: 4400", following + `> {"type":"subscribe","id":"1","payload":{}}` + "\nx 4400"},
		{"in use by what runs: 4409", anonymous + login + ask(`"1"`) + "x 4409"},
		{"small and large letters are two", following + strings.ReplaceAll(ask(`"a"`)+named("a")+ask(`"A"`)+named("A"), "\n\n", "\n")},
	})
}

func TestSocketRulesOfPayloads(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	before := func(message string) string { return "> " + message + "\nx 4401" }
	bad := func(payload string) string {
		return anonymous + `> {"type":"subscribe","id":"1"` + payload + `}` + "\nx 4400"
	}
	good := func(payload string) string {
		return anonymous + `> {"type":"subscribe","id":"1","payload":` + payload + `}` + "\n" + named("1")
	}
	play(s, ann, []rule{
		{"subscribe before init: 4401", before(`{"type":"subscribe","id":"1","payload":{"query":"{ __typename }"}}`)},
		{"before init, without id and payload: 4401", before(`{"type":"subscribe"}`)},
		{"before init, id too long: 4401", before(`{"type":"subscribe","id":"` + longID + `","payload":{}}`)},
		{"none: 4400", bad(``)},
		{"null: 4400", bad(`,"payload":null`)},
		{"an array: 4400", bad(`,"payload":[]`)},
		{"a string: 4400", bad(`,"payload":"{ __typename }"`)},
		{"no query: 4400", bad(`,"payload":{}`)},
		{"query null: 4400", bad(`,"payload":{"query":null}`)},
		{"query a number: 4400", bad(`,"payload":{"query":1}`)},
		{"query an object: 4400", bad(`,"payload":{"query":{}}`)},
		{"variables an array: 4400", bad(`,"payload":{"query":"{ __typename }","variables":[]}`)},
		{"variables a string: 4400", bad(`,"payload":{"query":"{ __typename }","variables":"{}"}`)},
		{"extensions an array: 4400", bad(`,"payload":{"query":"{ __typename }","extensions":[]}`)},
		{"extensions a number: 4400", bad(`,"payload":{"query":"{ __typename }","extensions":1}`)},
		{"operationName a number: 4400", bad(`,"payload":{"query":"{ __typename }","operationName":1}`)},
		{"all the others null", good(`{"query":"{ __typename }","variables":null,"extensions":null,"operationName":null}`)},
		{"all the others empty", good(`{"query":"{ __typename }","variables":{},"extensions":{},"operationName":""}`)},
		{"members that nobody knows", good(`{"query":"{ __typename }","more":[1]}`)},
		{"query empty is a fault of the document", anonymous + `> {"type":"subscribe","id":"1","payload":{"query":""}}` + "\ne 1 GRAPHQL_VALIDATION_FAILED"},
	})
}

func TestSocketRulesOfMessages(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	big := `{"type":"ping","payload":"` + strings.Repeat("x", 128<<10) + `"}`
	full := `"` + strings.Repeat("x", 128<<10-len(`{"type":"ping","payload":""}`)) + `"`
	rules := []rule{
		{"largest message", anonymous + `> {"type":"ping","payload":` + full + "}\n" + `< {"type":"pong","payload":` + full + "}"},
		{"blanks around", anonymous + "> \t {\"type\" : \"ping\"}\r \n" + `< {"type":"pong"}`},
	}
	for name, message := range map[string]string{
		"no JSON": "hello", "half JSON": `{"type":`, "nothing": "", "a blank": " ", "an array": `[{"type":"ping"}]`, "a string": `"ping"`,
		"a number": `1`, "null": `null`, "two messages": `{"type":"ping"}{"type":"ping"}`, "something behind": `{"type":"ping"}x`,
		"a byte order mark": "\uFEFF" + `{"type":"ping"}`, "a comma too many": `{"type":"ping",}`, "single quotes": `{'type':'ping'}`,
		"no type": `{}`, "type null": `{"type":null}`, "type a number": `{"type":1}`, "type an array": `{"type":["ping"]}`, "type empty": `{"type":""}`,
		"Type": `{"Type":"ping"}`, "PING": `{"type":"PING"}`, "a blank in the type": `{"type":"ping "}`, "unknown type": `{"type":"hello"}`,
		"start of the old protocol": `{"type":"start","id":"1","payload":{"query":"{ __typename }"}}`, "stop of the old protocol": `{"type":"stop","id":"1"}`,
		"terminate of the old protocol": `{"type":"connection_terminate"}`,
		"the server's ack":              `{"type":"connection_ack"}`, "the server's next": `{"type":"next","id":"1","payload":{}}`, "the server's error": `{"type":"error","id":"1","payload":[]}`,
	} {
		rules = append(rules, rule{name + ", before init: 4400", "> " + message + "\nx 4400"}, rule{name + ", after init: 4400", anonymous + "> " + message + "\nx 4400"})
	}
	rules = append(rules, rule{"too big, before init: 1009", "> " + big + "\nx 1009"}, rule{"too big, after init: 1009", following + "> " + big + "\nx 1009"})
	play(s, ann, rules)
}

// streamed is a stream under an id, which is written as in JSON.
func streamed(id string) string {
	return strings.Replace(following, `"id":"1"`, `"id":"`+id+`"`, 1) + "! one\n" + strings.Replace(heard("one"), `"id":"1"`, `"id":"`+id+`"`, 1)
}
