package org_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image/jpeg"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"motcua/internal/org"
)

func FuzzPicture(f *testing.F) {
	small := jpegOf(f, photo(120, 100))
	f.Add(small, 0, 0, 0)
	f.Add(withEXIF(small, 6), 1, 2, 99)
	f.Add(pngOf(f, photo(100, 100)), -1, 5, 1<<40)
	f.Add(cmykJPEG(), 0, 0, 96)
	f.Add(extended(2, 300, 300), 0, 0, 0)
	for _, text := range []string{lossyWebP, losslessWebP} {
		file, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file, 0, 0, 0)
	}
	f.Fuzz(func(t *testing.T, file []byte, x, y, side int) {
		large, little, err := org.DrawPortrait(file, org.Crop{X: x, Y: y, Side: side})
		if err != nil {
			for _, want := range []error{org.ErrPictureKind, org.ErrPictureSize, org.ErrPicturePixels, org.ErrPictureBroken} {
				if errors.Is(err, want) {
					return
				}
			}
			t.Fatalf("no error of a picture: %v", err)
		}
		for want, b := range map[int][]byte{org.LargeSide: large, org.SmallSide: little} {
			c, err := jpeg.DecodeConfig(bytes.NewReader(b))
			if err != nil || c.Width != want || c.Height != want {
				t.Fatalf("%d × %d instead of %d: %v", c.Width, c.Height, want, err)
			}
		}
	})
}

func FuzzName(f *testing.F) {
	for _, s := range []string{"Đặng Quốc Toản", "H'Hen Niê", "Tоản", "\u202eA", "A\u0301\u0302\u0303", "\xff", "'", "Ｌan"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		name, ok := org.CleanName(typed)
		if !ok {
			if name != "" {
				t.Fatalf("%q refused and kept as %q", typed, name)
			}
			return
		}
		if n := utf8.RuneCountInString(name); n < 1 || n > org.MaxName || !norm.NFC.IsNormalString(name) {
			t.Fatalf("%q became %q", typed, name)
		}
		if again, ok := org.CleanName(name); !ok || again != name {
			t.Fatalf("%q became %q, then %q", typed, name, again)
		}
	})
}

func FuzzNumbers(f *testing.F) {
	f.Add([]byte("username,number\ntoan.dq,099091000301\n"))
	f.Add([]byte("\ufeffa;b\r\n\"x\ny\";1"))
	f.Fuzz(func(t *testing.T, file []byte) {
		lines, good, err := org.ReadNumbers(bytes.NewReader(file))
		if err == nil && (lines < 1 || good > lines || lines > org.MaxNumbers) {
			t.Fatalf("%d of %d lines", good, lines)
		}
		if err != nil && !errors.Is(err, org.ErrListUnreadable) && !errors.Is(err, org.ErrListTooLong) {
			t.Fatal(err)
		}
	})
}
