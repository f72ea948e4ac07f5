package org

import (
	"bytes"
	"encoding/binary"
	"image"
)

// An orientation is how a picture lies in its file, 1 to 8 as EXIF counts
// (CIPA DC-008 §4.6.5, tag 0112): phones write the sensor's rows and note how
// they were held.
type orientation int

const upright orientation = 1

// sideways: width and height change places when the picture is shown.
func (o orientation) sideways() bool { return o >= 5 }

// source returns where in the file, w × h pixels, a shown pixel comes from.
func (o orientation) source(x, y, w, h int) (int, int) {
	switch o {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return y, h - 1 - x
	case 7:
		return w - 1 - y, h - 1 - x
	case 8:
		return w - 1 - y, x
	}
	return x, y
}

// inFile returns where in the file a shown rectangle lies.
func (o orientation) inFile(r image.Rectangle, w, h int) image.Rectangle {
	x0, y0 := o.source(r.Min.X, r.Min.Y, w, h)
	x1, y1 := o.source(r.Max.X-1, r.Max.Y-1, w, h)
	return image.Rect(min(x0, x1), min(y0, y1), max(x0, x1)+1, max(y0, y1)+1)
}

// turn returns a square picture as it is to be shown.
func (o orientation) turn(m *image.RGBA) *image.RGBA {
	if o == upright {
		return m
	}
	n := m.Rect.Dx()
	out := image.NewRGBA(m.Rect)
	for y := range n {
		for x := range n {
			sx, sy := o.source(x, y, n, n)
			copy(out.Pix[y*out.Stride+4*x:][:4], m.Pix[sy*m.Stride+4*sx:][:4])
		}
	}
	return out
}

// maxSegments bounds the walk over a JPEG file's head.
const maxSegments = 200

// orientationOf reads the orientation from the head of a JPEG file; anything
// that cannot be read is upright.
func orientationOf(file []byte) orientation {
	if !bytes.HasPrefix(file, []byte("\xff\xd8")) {
		return upright
	}
	rest := file[2:]
	for range maxSegments {
		for len(rest) > 1 && rest[0] == 0xff && rest[1] == 0xff {
			rest = rest[1:]
		}
		if len(rest) < 4 || rest[0] != 0xff || rest[1] == 0xda {
			return upright
		}
		n := int(binary.BigEndian.Uint16(rest[2:]))
		if n < 2 || len(rest) < 2+n {
			return upright
		}
		if tiff, ok := bytes.CutPrefix(rest[4:2+n], []byte("Exif\x00\x00")); ok && rest[1] == 0xe1 {
			return orientationTag(tiff)
		}
		rest = rest[2+n:]
	}
	return upright
}

// orientationTag reads tag 0112 of the first directory of TIFF data.
func orientationTag(tiff []byte) orientation {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(tiff, []byte("II*\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(tiff, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return upright
	}
	if len(tiff) < 8 {
		return upright
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return upright
	}
	entries := int(order.Uint16(tiff[at:]))
	dir := tiff[at+2:]
	for i := 0; i < entries && len(dir) >= 12*(i+1); i++ {
		e := dir[12*i:]
		const short = 3
		if order.Uint16(e) == 0x0112 && order.Uint16(e[2:]) == short {
			if v := order.Uint16(e[8:]); v >= 1 && v <= 8 {
				return orientation(v)
			}
			return upright
		}
	}
	return upright
}
