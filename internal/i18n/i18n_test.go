package i18n_test

import (
	"html/template"
	"testing"

	"motcua/internal/i18n"
	"motcua/internal/i18n/i18ntest"
)

// Every sentence that code or a page asks for exists in both languages, and
// none lies unused.
func TestCatalogue(t *testing.T) {
	wrong, err := i18ntest.Check("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wrong {
		t.Error(w)
	}
}

func TestTextFallsBackToVietnamese(t *testing.T) {
	if got := i18n.Text("fr", "web.signin"); got != "Đăng nhập" {
		t.Errorf("unknown language: %q", got)
	}
	if got := i18n.Text("en", "web.signin"); got != "Sign in" {
		t.Errorf("English: %q", got)
	}
	if got := i18n.Text("en", "no.such.key"); got != "no.such.key" {
		t.Errorf("unknown key: %q", got)
	}
}

func TestHTMLEscapesArguments(t *testing.T) {
	got := i18n.HTML("vi", "web.helpline", `"><script>`, template.HTML("<b>1900</b>"), "7 & 8")
	want := template.HTML(`Cần giúp: gọi <a href="tel:&#34;&gt;&lt;script&gt;"><b>1900</b></a>, 7 &amp; 8.`)
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestChoose(t *testing.T) {
	for in, want := range map[string]string{
		"en": "en", "en-GB vi": "en", "fr vi-VN en": "vi", "": "", "xx": "", "EN": "en",
	} {
		if got := i18n.Choose(in); got != want {
			t.Errorf("Choose(%q) = %q, want %q", in, got, want)
		}
	}
}
