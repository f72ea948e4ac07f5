package org

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

// Sides of a stored picture, in pixels.
const (
	LargeSide = 256
	SmallSide = 96
)

const (
	// MaxPicture bounds a picture's file, in bytes.
	MaxPicture = 5 << 20
	// MaxPixels bounds what is decoded: a few bytes can announce any size.
	MaxPixels = 40_000_000
	// midSide is what a picture is averaged down to before the fine scaling,
	// which is slow; twice the largest side keeps its edges sharp.
	midSide = 2 * LargeSide
	// quality of the stored JPEG: some 15 kB at 256 pixels.
	quality = 85
)

var (
	// ErrPictureKind: neither JPEG nor PNG nor WebP, or an animation.
	ErrPictureKind = errors.New("org: not a JPEG, PNG or WebP picture")
	// ErrPictureSize: a file of more than MaxPicture bytes.
	ErrPictureSize = errors.New("org: picture file too large")
	// ErrPicturePixels: more than MaxPixels, or less than SmallSide on a side.
	ErrPicturePixels = errors.New("org: picture with too many or too few pixels")
	// ErrPictureBroken: the file cannot be read to its end.
	ErrPictureBroken = errors.New("org: picture is damaged")
)

// A Crop is the square of the picture that is wanted, in pixels of the picture
// as it is shown, which is after its EXIF orientation. The zero Crop is the
// largest square in the middle; a square that reaches beyond is moved inside.
type Crop struct{ X, Y, Side int }

// within returns the square inside w × h.
func (c Crop) within(w, h int) image.Rectangle {
	most := min(w, h)
	if c.Side <= 0 {
		c = Crop{(w - most) / 2, (h - most) / 2, most}
	}
	side := min(max(c.Side, SmallSide), most)
	x, y := min(max(c.X, 0), w-side), min(max(c.Y, 0), h-side)
	return image.Rect(x, y, x+side, y+side)
}

type pictureKind struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

// kindOf goes by what the file begins with, whatever its name and type say.
func kindOf(file []byte) (pictureKind, error) {
	switch {
	case bytes.HasPrefix(file, []byte("\xff\xd8\xff")):
		return pictureKind{jpeg.DecodeConfig, jpeg.Decode}, nil
	case bytes.HasPrefix(file, []byte("\x89PNG\r\n\x1a\n")):
		return pictureKind{png.DecodeConfig, png.Decode}, nil
	case len(file) > 20 && string(file[:4]) == "RIFF" && string(file[8:12]) == "WEBP":
		if string(file[12:16]) == "VP8X" && file[20]&animated != 0 {
			return pictureKind{}, ErrPictureKind
		}
		return pictureKind{webp.DecodeConfig, webp.Decode}, nil
	}
	return pictureKind{}, ErrPictureKind
}

// animated is the flag of an animation in the head of an extended WebP file.
const animated = 1 << 1

// A portrait is a picture in both sides, as JPEG made here: nothing of the
// file it came from is left but what was to be seen.
type portrait struct{ large, small []byte }

// drawPortrait reads a file. Its size is judged before anything is decoded. It
// errs with one of the ErrPicture values.
func drawPortrait(file []byte, crop Crop) (p portrait, err error) {
	if len(file) > MaxPicture {
		return portrait{}, ErrPictureSize
	}
	kind, err := kindOf(file)
	if err != nil {
		return portrait{}, err
	}
	// A decoder that trips over made-up data must not end the program.
	defer func() {
		if r := recover(); r != nil {
			p, err = portrait{}, fmt.Errorf("%w: %v", ErrPictureBroken, r)
		}
	}()
	c, err := kind.config(bytes.NewReader(file))
	if err != nil {
		return portrait{}, fmt.Errorf("%w: %w", ErrPictureBroken, err)
	}
	if min(c.Width, c.Height) < SmallSide || c.Width > MaxPixels/c.Height {
		return portrait{}, ErrPicturePixels
	}
	m, err := kind.decode(bytes.NewReader(file))
	if err != nil {
		return portrait{}, fmt.Errorf("%w: %w", ErrPictureBroken, err)
	}
	if m.Bounds().Dx() != c.Width || m.Bounds().Dy() != c.Height {
		return portrait{}, ErrPictureBroken
	}
	o := orientationOf(file)
	w, h := c.Width, c.Height
	if o.sideways() {
		w, h = h, w
	}
	square := o.inFile(crop.within(w, h), c.Width, c.Height).Add(m.Bounds().Min)
	mid := o.turn(shrink(m, square))
	if p.large, err = encode(scale(mid, LargeSide)); err != nil {
		return portrait{}, err
	}
	p.small, err = encode(scale(mid, SmallSide))
	return p, err
}

// shrink averages blocks of pixels of a square until midSide is near, on
// white where the picture is transparent. It goes strip by strip, so that a
// large picture is never there twice.
func shrink(m image.Image, square image.Rectangle) *image.RGBA {
	k := max(1, square.Dx()/midSide)
	n := square.Dx() / k
	// What does not fill a block is left off on both sides.
	rest := (square.Dx() - n*k) / 2
	from := square.Min.Add(image.Pt(rest, rest))
	out := image.NewRGBA(image.Rect(0, 0, n, n))
	strip := image.NewRGBA(image.Rect(0, 0, n*k, k))
	white := image.NewUniform(color.White)
	opaque := isOpaque(m)
	sums := make([]uint32, 3*n)
	for y := range n {
		op := draw.Src
		if !opaque {
			draw.Draw(strip, strip.Rect, white, image.Point{}, draw.Src)
			op = draw.Over
		}
		draw.Draw(strip, strip.Rect, m, from.Add(image.Pt(0, y*k)), op)
		clear(sums)
		for row := range k {
			addRow(sums, strip.Pix[row*strip.Stride:][:4*n*k], k)
		}
		writeRow(out.Pix[y*out.Stride:][:4*n], sums, uint32(k*k))
	}
	return out
}

// addRow adds a row of RGBA pixels to sums of k of them each.
func addRow(sums []uint32, row []byte, k int) {
	for i := 0; i < len(sums); i += 3 {
		var r, g, b uint32
		for block := row[4*k*(i/3):][:4*k]; len(block) >= 4; block = block[4:] {
			r += uint32(block[0])
			g += uint32(block[1])
			b += uint32(block[2])
		}
		sums[i] += r
		sums[i+1] += g
		sums[i+2] += b
	}
}

func writeRow(pix []byte, sums []uint32, of uint32) {
	for i, at := 0, 0; i < len(sums); i, at = i+3, at+4 {
		pix[at] = byte((sums[i] + of/2) / of)
		pix[at+1] = byte((sums[i+1] + of/2) / of)
		pix[at+2] = byte((sums[i+2] + of/2) / of)
		pix[at+3] = 0xff
	}
}

func isOpaque(m image.Image) bool {
	switch m.(type) {
	case *image.YCbCr, *image.Gray, *image.CMYK, *image.Gray16:
		return true
	}
	return false
}

func scale(m *image.RGBA, side int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, side, side))
	draw.CatmullRom.Scale(out, out.Rect, m, m.Rect, draw.Src, nil)
	return out
}

func encode(m image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality})
	return b.Bytes(), err
}
