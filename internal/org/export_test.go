package org

import "io"

// What fuzzing tries without a database.

func DrawPortrait(file []byte, crop Crop) (large, small []byte, err error) {
	p, err := drawPortrait(file, crop)
	return p.large, p.small, err
}

func CleanName(typed string) (name string, ok bool) {
	var f Faults
	name = cleanName(typed, &f)
	return name, len(f.Fields) == 0
}

func ReadNumbers(r io.Reader) (lines, good int, err error) {
	results, rows, err := readNumbers(r)
	return len(results), len(rows), err
}
