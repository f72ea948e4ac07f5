// Package docs holds the papers that the program itself shows.
package docs

import (
	"embed"
	"io/fs"
)

//go:embed huong-dan
var files embed.FS

// Guide is the user guide: chapters in Markdown and their pictures in "anh".
func Guide() fs.FS {
	guide, err := fs.Sub(files, "huong-dan")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	return guide
}
