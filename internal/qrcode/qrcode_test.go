package qrcode_test

import (
	"encoding/xml"
	"io"
	"strings"
	"sync"
	"testing"

	"motcua/internal/qrcode"
)

// That phones read it is proven in e2e, by a scanner that is not ours.
func TestSVG(t *testing.T) {
	svg, err := qrcode.SVG("https://dinhdanh.hungyen.gov.vn/app/q#AAAAAAAAAAAAAA.1.AAAAAAAAAAA")
	if err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(svg, `viewBox="0 0 45 45"`) || strings.Contains(svg, "style") {
		t.Errorf("drawn as %.200s", svg)
	}
	if strings.Contains(svg, "AAAA") {
		t.Error("the text stands in the picture")
	}
}

func TestVersionAndBounds(t *testing.T) {
	for n, want := range map[int]int{14: 1, 84: 5, 85: 6} {
		if v, err := qrcode.Version(strings.Repeat("x", n)); err != nil || v != want {
			t.Errorf("%d bytes: version %d, %v, want %d", n, v, err, want)
		}
	}
	for _, text := range []string{"", strings.Repeat("x", qrcode.MaxText+1)} {
		if _, err := qrcode.SVG(text); err == nil {
			t.Errorf("%d bytes are drawn", len(text))
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	want, err := qrcode.SVG("motcua")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if got, err := qrcode.SVG("motcua"); err != nil || got != want {
				t.Errorf("%v, differs: %t", err, got != want)
			}
		})
	}
	wg.Wait()
}

func BenchmarkSVG(b *testing.B) {
	for b.Loop() {
		if _, err := qrcode.SVG("https://dinhdanh.hungyen.gov.vn/app/q#AAAAAAAAAAAAAA.1.AAAAAAAAAAA"); err != nil {
			b.Fatal(err)
		}
	}
}
