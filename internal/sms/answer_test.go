package sms

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func FuzzGatewayAnswer(f *testing.F) {
	f.Add([]byte(`{"data":{"status":0,"id":"a"}}`), "data.status=0,data.id", "data.id")
	f.Add([]byte(`[[[[`), "0.0.0", "0")
	f.Add([]byte(strings.Repeat("[", 20_000)), "0", "0")
	f.Add([]byte("{\"a\":\"\x00\xff\"}"), "http=200-204,a", "a")
	f.Add([]byte(`{"a":1e999}`), "a=1", "a")
	f.Fuzz(func(t *testing.T, answer []byte, rule, ref string) {
		r, err := ParseRule(rule)
		if err != nil {
			return
		}
		path, err := parsePath(ref)
		if err != nil {
			path = nil
		}
		g := &Gateway{success: r, ref: path}
		if g.judgeStatus(500) == nil {
			t.Fatalf("rule %q accepts status 500", rule)
		}
		got, err := g.judgeAnswer(200, answer)
		if len(got) > MaxRef || !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\r\n") {
			t.Fatalf("reference %q", got)
		}
		if err != nil && got != "" {
			t.Fatalf("reference %q beside the error %v", got, err)
		}
	})
}

func TestAnyTextArrivesWhole(t *testing.T) {
	b, err := newBodyTemplate(`[{"a":{{json .To}},"b":"{{.Text}}"},{{json .Text}},"{{.ID}}"]`, samplePhone)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, -1, MaxText).Draw(t, "text")
		out, err := b.render(samplePhone, text, sampleID)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := decodeAnswer(out)
		if err != nil {
			t.Fatal(err)
		}
		list := tree.([]any)
		if list[0].(map[string]any)["b"] != text || list[1] != text || list[2] != sampleID {
			t.Fatalf("%q became %s", text, out)
		}
	})
}
