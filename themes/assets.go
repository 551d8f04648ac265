// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"
)

// assets are the files that pages fetch, in memory.
type assets struct {
	digest string // of all of them, in every path: a changed file has a new address
	files  map[string]asset
}

type asset struct {
	content []byte
	etag    string
}

// contentType is written down here, because the system's table differs from
// machine to machine. A kind of file that is not here is not served.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".webp":
		return "image/webp"
	case ".woff2":
		return "font/woff2"
	case ".js":
		return "text/javascript; charset=utf-8"
	}
	return ""
}

func readAssets(f files) (*assets, error) {
	a := &assets{files: map[string]asset{}}
	names, err := f.list("assets")
	faults := []error{err}
	all := sha256.New()
	for _, name := range names {
		content, err := f.read(name)
		if err != nil {
			faults = append(faults, fmt.Errorf("themes: %s: %w", name, err))
			continue
		}
		a.files[path.Base(name)] = newAsset(content)
		fmt.Fprintf(all, "%s\n%d\n%s", name, len(content), content)
	}
	a.digest = hex.EncodeToString(all.Sum(nil)[:6])
	return a, errors.Join(faults...)
}

func newAsset(content []byte) asset {
	sum := sha256.Sum256(content)
	return asset{content: content, etag: `"` + hex.EncodeToString(sum[:12]) + `"`}
}

// path returns where a file is served.
func (a *assets) path(name string) string { return "/theme/" + a.digest + "/" + name }

// Assets serves everything below /theme/, to GET and HEAD.
func (t *Themes) Assets() http.Handler { return t.assets }

// Asset returns the path of a file in assets/, such as "mark.svg".
func (t *Themes) Asset(name string) string { return t.assets.path(name) }

// ServeHTTP answers /theme/<digest>/<name> and /theme/<digest>/colour/<rrggbb>.css.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	digest, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/theme/"), "/")
	file, found := a.find(name)
	if !found {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", contentType(name))
	h.Set("X-Content-Type-Options", "nosniff")
	// A drawing that is opened by itself is a document and could hold a script.
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("ETag", file.etag)
	h.Set("Cache-Control", a.lifetime(digest))
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(file.content))
}

func (a *assets) find(name string) (asset, bool) {
	if file, found := a.files[name]; found {
		return file, true
	}
	hex, isColour := strings.CutPrefix(name, "colour/")
	hex, isCSS := strings.CutSuffix(hex, ".css")
	c, ok := parseColour("#" + hex)
	if !isColour || !isCSS || !ok {
		return asset{}, false
	}
	return newAsset(c.stylesheet()), true
}

// lifetime is for ever under the files' own digest. While nodes are upgraded one
// after the other, a page of one may ask another for its stylesheet: that one
// answers with its own rather than leave the page bare, and nobody keeps it.
func (a *assets) lifetime(digest string) string {
	if digest != a.digest {
		return "no-cache"
	}
	return "public, max-age=31536000, immutable"
}
