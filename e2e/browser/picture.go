package browser

import (
	"bytes"
	"cmp"
	"context"
	"image"
	"image/color"
	"image/png"
	"slices"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Agent makes the browser call itself something else, so that pictures do not
// tell about the machine that took them.
func (b *Tab) Agent(name string) {
	b.t.Helper()
	b.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: name})
		return chromedp.Void{}, err
	})
}

// PictureOf is a small PNG of the page in a window of this size, in CSS
// pixels: as much of it as is there, up to the height most.
func (b *Tab) PictureOf(width, height, most int) []byte {
	b.t.Helper()
	b.size(int64(width), int64(height))
	b.Until(`document.fonts.status === "loaded" && [...document.images].every(i => i.complete || i.loading === "lazy")`)
	b.Until(`document.getAnimations().length === 0`)
	tall := min(max(Eval[int](b, "document.documentElement.scrollHeight"), height), most)
	shot := run(b, func(ctx context.Context, t *chromedp.Target) ([]byte, error) {
		beyond := true
		r, err := cdp.Call(ctx, t, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng,
			CaptureBeyondViewport: &beyond, Clip: &page.Viewport{Width: float64(width), Height: float64(tall), Scale: 1}})
		return r.Data, err
	})
	small, err := fewerColours(shot)
	if err != nil {
		b.t.Fatal(err)
	}
	return small
}

// fewerColours writes a PNG with a palette, which for a picture of a page is a
// third of the size and cannot be told from the original by eye.
func fewerColours(shot []byte) ([]byte, error) {
	from, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		return nil, err
	}
	area := from.Bounds()
	count := map[color.RGBA]int{}
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			count[rgba(from.At(x, y))]++
		}
	}
	colours := palette(count)
	to := image.NewPaletted(area, colours)
	nearest := map[color.RGBA]uint8{}
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			c := rgba(from.At(x, y))
			i, known := nearest[c]
			if !known {
				i = uint8(colours.Index(c))
				nearest[c] = i
			}
			to.SetColorIndex(x, y, i)
		}
	}
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, to)
	return out.Bytes(), err
}

func rgba(c color.Color) color.RGBA { return color.RGBAModel.Convert(c).(color.RGBA) }

// exact is how many of the commonest colours, those of surfaces and text, are
// kept as they are; the rest of the 256 stand for the shades in between.
const exact = 96

type shade struct {
	color.RGBA
	n int
}

func palette(count map[color.RGBA]int) color.Palette {
	var shades []shade
	for c, n := range count {
		shades = append(shades, shade{c, n})
	}
	slices.SortFunc(shades, func(a, b shade) int {
		return cmp.Or(b.n-a.n, int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B))
	})
	var out color.Palette
	if len(shades) <= 256 {
		for _, s := range shades {
			out = append(out, s.RGBA)
		}
		return out
	}
	for _, s := range shades[:exact] {
		out = append(out, s.RGBA)
	}
	for _, box := range medianCut(shades[exact:], 256-exact) {
		out = append(out, middle(box))
	}
	return out
}

// medianCut parts colours into boxes: always the widest, in the middle of its
// widest channel.
func medianCut(all []shade, boxes int) [][]shade {
	out := [][]shade{all}
	for len(out) < boxes {
		best, most, channel := -1, 0, 0
		for i, box := range out {
			for ch := range 3 {
				low, high := 255, 0
				for _, s := range box {
					low, high = min(low, level(s, ch)), max(high, level(s, ch))
				}
				if high-low > most {
					best, most, channel = i, high-low, ch
				}
			}
		}
		if best < 0 {
			break
		}
		box := out[best]
		slices.SortStableFunc(box, func(a, b shade) int { return level(a, channel) - level(b, channel) })
		out[best] = box[:len(box)/2]
		out = append(out, box[len(box)/2:])
	}
	return out
}

func level(s shade, channel int) int {
	return int([3]uint8{s.R, s.G, s.B}[channel])
}

func middle(box []shade) color.RGBA {
	var r, g, b, n int
	for _, s := range box {
		r, g, b, n = r+int(s.R)*s.n, g+int(s.G)*s.n, b+int(s.B)*s.n, n+s.n
	}
	return color.RGBA{uint8(r / n), uint8(g / n), uint8(b / n), 255}
}
