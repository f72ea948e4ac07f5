// Command assets builds web/dist/static from web/assets: it bundles styles and
// scripts, names every file by its content, compresses it, and writes the
// manifest with the digest of all sources, by which a test of internal/web
// sees whether the committed build is fresh. It needs no network.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/evanw/esbuild/pkg/api"
)

const (
	from = "../web/assets"
	to   = "../web/dist/static"
)

// bundles are what pages load; the name in the manifest is the file's name.
var bundles = []string{"css/site.css", "css/app.css", "js/site.js", "js/app/app.js", "js/qr.js"}

// files are named by pages besides being referred to in a bundle, or only
// named by pages.
var files = map[string]string{
	"vendor/source-sans-3/latin.woff2":      "latin.woff2",
	"vendor/source-sans-3/vietnamese.woff2": "vietnamese.woff2",
	"img/mark.svg":                          "mark.svg",
	"img/app-192.png":                       "app-192.png",
	"img/app-512.png":                       "app-512.png",
	"img/app-maskable.png":                  "app-maskable.png",
	"img/app-touch.png":                     "app-touch.png",
}

// The browser floor of docs/architecture.md.
var engines = []api.Engine{
	{Name: api.EngineChrome, Version: "109"},
	{Name: api.EngineSafari, Version: "15.4"},
	{Name: api.EngineFirefox, Version: "121"},
}

func main() {
	log.SetFlags(0)
	if err := build(); err != nil {
		log.Fatal("assets: ", err)
	}
}

func build() error {
	digest, err := sourcesDigest(os.DirFS(from))
	if err != nil {
		return err
	}
	out, manifest, err := bundle()
	if err != nil {
		return err
	}
	for source, name := range files {
		if manifest[name] != "" {
			continue
		}
		b, err := os.ReadFile(filepath.Join(from, source))
		if err != nil {
			return err
		}
		file := hashed(name, b)
		out[file], manifest[name] = b, file
	}
	decoder, err := decoderWorker()
	if err != nil {
		return err
	}
	manifest["qr-worker.js"] = hashed("qr-worker.js", decoder)
	out[manifest["qr-worker.js"]] = decoder
	if out["licences.txt"], err = licences(); err != nil {
		return err
	}
	manifest["licences.txt"] = "licences.txt"
	m, err := json.MarshalIndent(map[string]any{"sources": digest, "files": manifest}, "", "\t")
	if err != nil {
		return err
	}
	out["manifest.json"] = append(m, '\n')
	return write(out)
}

// hashed names a file by its content.
func hashed(name string, b []byte) string {
	sum := sha256.Sum256(b)
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + "-" + hex.EncodeToString(sum[:4]) + ext
}

// decoderWorker is the worker that reads QR codes. Its package carries it as
// a string to start as a blob, which script-src 'self' forbids: here the string
// becomes a file.
func decoderWorker() ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(from, "vendor/qr-scanner/qr-scanner-worker.min.js"))
	if err != nil {
		return nil, err
	}
	_, text, ok := strings.Cut(string(b), "new Blob([`")
	text, _, end := strings.Cut(text, "`])")
	if !ok || !end {
		return nil, errors.New("the worker's text is not where it was")
	}
	text = strings.NewReplacer("\\`", "`", `\$`, "$").Replace(text)
	r := api.Transform(text, api.TransformOptions{MinifyWhitespace: true, MinifySyntax: true, Charset: api.CharsetUTF8, Engines: engines,
		Banner: "/*! qr-scanner 1.4.2, Nimiq, MIT; jsQR, Cosmo Wolfe, Apache 2.0. Texts: /static/licences.txt. */"})
	if len(r.Errors) > 0 || strings.Contains(text, `\`) {
		return nil, errors.New("the worker's text does not read")
	}
	return r.Code, nil
}

// bundle returns the built files by name and the names that pages use.
func bundle() (out map[string][]byte, manifest map[string]string, err error) {
	entries := make([]string, len(bundles))
	for i, b := range bundles {
		entries[i] = path.Join(from, b)
	}
	r := api.Build(api.BuildOptions{
		EntryPoints:       entries,
		Bundle:            true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Format:            api.FormatESModule,
		Charset:           api.CharsetUTF8,
		Engines:           engines,
		Loader:            map[string]api.Loader{".woff2": api.LoaderFile, ".svg": api.LoaderFile},
		LegalComments:     api.LegalCommentsInline,
		EntryNames:        "[name]-[hash]",
		AssetNames:        "[name]-[hash]",
		PublicPath:        "/static/",
		Outdir:            to,
		Metafile:          true,
		LogLevel:          api.LogLevelWarning,
	})
	if len(r.Errors) > 0 {
		return nil, nil, errors.New("the bundles do not build")
	}
	var meta struct {
		Outputs map[string]struct {
			EntryPoint string
			Inputs     map[string]struct{}
		}
	}
	if err := json.Unmarshal([]byte(r.Metafile), &meta); err != nil {
		return nil, nil, err
	}
	manifest = map[string]string{}
	for file, o := range meta.Outputs {
		name := path.Base(o.EntryPoint)
		if o.EntryPoint == "" {
			for in := range o.Inputs {
				name = strings.TrimPrefix(in, from+"/")
			}
			if files[name] != "" {
				name = files[name]
			} else {
				name = path.Base(name)
			}
		}
		manifest[name] = path.Base(file)
	}
	out = map[string][]byte{}
	for _, f := range r.OutputFiles {
		out[filepath.Base(f.Path)] = f.Contents
	}
	return out, manifest, nil
}

// licences is what the licences of the vendored files ask to travel with them.
func licences() ([]byte, error) {
	texts, err := filepath.Glob(from + "/vendor/*/LICENSE")
	if err != nil {
		return nil, err
	}
	var all []byte
	for _, t := range texts {
		b, err := os.ReadFile(t)
		if err != nil {
			return nil, err
		}
		all = fmt.Appendf(all, "%s\n\n%s\n\n", path.Base(path.Dir(t)), b)
	}
	return all, nil
}

// write replaces the build and prints the sizes that travel.
func write(out map[string][]byte) error {
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for name, b := range out {
		if err := os.WriteFile(filepath.Join(to, name), b, 0o644); err != nil {
			return err
		}
		// woff2 and PNG are compressed already.
		if ext := path.Ext(name); ext == ".woff2" || ext == ".json" || ext == ".png" {
			continue
		}
		var br, gz bytes.Buffer
		bw := brotli.NewWriterLevel(&br, brotli.BestCompression)
		gw, _ := gzip.NewWriterLevel(&gz, gzip.BestCompression)
		bw.Write(b)
		gw.Write(b)
		if err := errors.Join(bw.Close(), gw.Close()); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, name+".br"), br.Bytes(), 0o644); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, name+".gz"), gz.Bytes(), 0o644); err != nil {
			return err
		}
		fmt.Printf("%-32s %7d  br %6d  gz %6d\n", name, len(b), br.Len(), gz.Len())
	}
	return nil
}

// sourcesDigest is the digest of every file's path and content. The freshness
// test of internal/web computes the same.
func sourcesDigest(fsys fs.FS) (string, error) {
	h := sha256.New()
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(fsys, name)
		fmt.Fprintf(h, "%s %d\n", name, len(b))
		h.Write(b)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), err
}
