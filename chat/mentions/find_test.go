package mentions_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"parley/chat/mentions"
	"parley/naming/usernames"
)

// Each row is a text, and the keys at each place where a name may stand, the longest first.
func TestFind(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"bob", ""},
		{"@", ""},
		{"@@", ""},
		{"@ bob", ""},
		{"@bo", ""}, // no name is so short
		{"@bob", "bob"},
		{"hi @bob!", "bob"},
		{"@BOB and @Bob", "bob bob"}, // both lead to one person
		{"@bob @bob", "bob"},
		{"@all @everyone", "all everyone"}, // names like any other
		{"@bob.", "bob"},
		{"@bob...", "bob"},
		{"is it @bob?", "bob"},
		{"@bob, @ann: look", "bob ann"},
		{"(@bob) [@ann] \"@eve\" “@zoe”", "bob ann eve zoe"},
		{"@bob's @ann’s", "bob ann"},
		{"@bob\n@ann\t@eve\u00a0@zoe", "bob ann eve zoe"},
		{"well.@bob", "bob"},
		{"cc:@bob", "bob"},
		{"**@bob** *@ann* _@eve_ ~~@zoe~~", "bob ann eve_|eve zoe"},
		{"—@bob -@ann", "bob ann"},
		{"🎉@bob🎉 ❤️@ann❤️ 1️⃣@eve 👍🏽@zoe", "bob ann eve zoe"},

		{"@ann.b", "ann.b|ann"},
		{"@ann.b-c_d.", "ann.b-c_d|ann.b|ann"},
		{"@ann_b", "ann_b"},
		{"@annb", "annb"}, // and not ann
		{"@ann__", "ann__|ann"},
		{"@_ann", "_ann"},
		{"@.ann @-ann", ""},
		{"@ann..b", "ann..b|ann"},

		{"a@bob ann.@bob.", "bob"}, // the second: a sentence before it has ended
		{"1@bob", ""},
		{"é@bob e\u0301@bob", ""},
		{"ann_@bob ann+x-@bob", ""},
		{"ann@bob.example", ""},
		{"@bob@example.org", ""},
		{"@bob@", ""},
		{"@bob.x@example.org", ""},
		{"@@bob", ""},
		{`\@bob`, ""},
		{"http://x/@bob", ""},
		{"HTTPS://x.example/?u=@bob&v=(@ann) @eve", "eve"},
		{"<http://x/@bob>@ann", "ann"},
		{"example.org/@bob example.org/?u=@bob", ""},
		{"://@bob @ann", "ann"},

		{"`@bob` @ann", "ann"},
		{"``@bob`@bob`` @ann", "ann"},
		{"`@bob", "bob"},
		{"`@bob ``", "bob"},
		{"a ` b\n\n@bob ` c", "bob"},
		{"`a\n@bob` @ann", "ann"},
		{"```\n@bob\n```\n@ann", "ann"},
		{"```go\n@bob\n\n@bob", ""},
		{"~~~\n@bob\n```\n@bob\n~~~~\n@ann", "ann"},
		{"   ```\n@bob\n  ```  \n@ann", "ann"},
		{"    ```\n@bob", "bob"},
		{"text ```@bob``` @ann", "ann"},
		{"``` @bob ``` @ann", "ann"},
		{"```\r\n@bob\r\n```\r\n@ann", "ann"},

		{"＠bob ＠ｂｏｂ @Ｂob", "bob bob bob"},
		{"@ｂｏｂ．", "bob"},
		{"@ЖЕНЯ @женя", "женя женя"},
		{"@zoë @zoe\u0308", "zoë zoë"},
		{"@σίσυφος", "σίσυφος"},
		{"@женjа", ""}, // no name has letters of two alphabets
		{"こんにちは@bobさん", "bob"},
		{"@山田太郎さん", "山田太郎さん|山田太郎"},
		{"@bob님 안녕", "bob"},
		{"@김철수", "김철수"},
		{"@김철수", "김철수"},
		{"@สมชาย", "สมชาย"},
		{"@देवनागरी", "देवनागरी"},
		{"@bob\u0301", ""},
		{"@bob²", ""},
		{"@123", "123"},
		{"@0190b5c0-0000-7000-8000-000000000000", "0190b5c0-0000-7000-8000|0190b5c0-0000-7000|0190b5c0-0000|0190b5c0"},
		{"@" + strings.Repeat("x", 32), strings.Repeat("x", 32)},
		{"@" + strings.Repeat("x", 33), ""},
		{"@" + norm.NFD.String(strings.Repeat("각", 28)), strings.Repeat("각", 28)},
		{"@bob." + strings.Repeat("a", 300), "bob"},
		{"@bob\xff", "bob"},
	} {
		var got []string
		for _, name := range mentions.Find(c.text) {
			got = append(got, strings.Join(name, "|"))
		}
		if got := strings.Join(got, " "); got != norm.NFC.String(c.want) {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}

// What many different names cost is bounded, and the same name costs once.
func TestFindIsBounded(t *testing.T) {
	var many strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&many, "@a%d.b.c ", i)
	}
	if keys := count(mentions.Find(many.String() + "@bob")); keys == 0 || keys > 100 {
		t.Errorf("%d names are looked for", keys)
	}
	if got := mentions.Find(strings.Repeat("@annA ", 1600) + "@bob"); len(got) != 2 || got[1][0] != "bob" {
		t.Errorf("behind many of one name: %v", got)
	}
}

func count(names []mentions.Name) (keys int) {
	for _, name := range names {
		keys += len(name)
	}
	return keys
}

// Whatever a text is: what is found are keys of names, the longest first, and no more than are looked for.
func FuzzFind(f *testing.F) {
	for _, text := range []string{
		"@bob", "@ann.b-c_d.", "`@bob", "```\n@x\n~~~", "http://a/@b c", "＠ｂｏｂ", "e\u0301@bob", "@@__--@bob", "a@b@c.d", "~~~~\n~~~", "❤️@ann", "@김철수님", "\xff@bob\xff",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		names := mentions.Find(text)
		if len(names) > 0 && !mentions.Possible(text) {
			t.Errorf("found %v where none is possible", names)
		}
		if count(names) > 100 {
			t.Errorf("%d names are looked for", count(names))
		}
		for _, name := range names {
			for i, key := range name {
				if again, bad := usernames.Parse(key); bad != "" || again.Key != key {
					t.Errorf("%q is no key: %s", key, bad)
				}
				if i > 0 && utf8.RuneCountInString(key) > utf8.RuneCountInString(name[i-1]) {
					t.Errorf("%q stands behind a shorter one in %q", key, name)
				}
			}
		}
		if name, bad := usernames.Parse(text); bad == "" { // any name is found by itself, in a sentence, and not in code
			if got := mentions.Find("hi @" + text + ". Bye"); len(got) != 1 || got[0][0] != name.Key {
				t.Errorf("%q is not found: %v", text, got)
			}
			if got := mentions.Find("`@" + text + "` x@" + text + " http://x/@" + text); len(got) != 0 {
				t.Errorf("%q is found in code: %v", text, got)
			}
		}
	})
}

// The largest texts that could cost most.
func BenchmarkFind(b *testing.B) {
	for what, text := range map[string]string{
		"no at":      strings.Repeat("an ordinary text ", 588),
		"wide":       strings.Repeat("、日本語", 2500),
		"ats":        strings.Repeat("@", 10_000),
		"names":      numbered(1600, "a%d"),
		"cyrillic":   numbered(280, strings.Repeat("ж", 28)+"%d"),
		"one name":   strings.Repeat("@annA ", 1666),
		"dots":       "@" + strings.Repeat("a.", 4999),
		"underlines": strings.Repeat("_", 5000) + "@" + strings.Repeat("_", 4999),
		"backticks":  "@bob " + strings.Repeat("`` ` ", 2000),
		"fences":     "@bob\n" + strings.Repeat("```\n", 2400),
		"schemes":    "@bob " + strings.Repeat("://", 3300),
		"scripts":    "@" + strings.Repeat("aア", 5000),
	} {
		b.Run(what, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				mentions.Find(text)
			}
		})
	}
}

func numbered(n int, name string) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "@"+name+" ", i)
	}
	return text.String()
}
