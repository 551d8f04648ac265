// SPDX-License-Identifier: AGPL-3.0-or-later

package services

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
)

// Logos shows the pictures of services on our own origin, for pages on which
// people decide: a picture from the service's would tell it who is about to come.
// It is a [web.Area].
type Logos struct {
	Directory interface {
		ServiceByName(ctx context.Context, name directory.ServiceName) (directory.Service, error)
	}
}

var _ web.Area = (*Logos)(nil)

// Routes implements [web.Area].
func (l *Logos) Routes() []web.Route {
	return []web.Route{{Pattern: "GET /services/{service}/logo", Needs: web.Anyone, Handle: l.logo}}
}

// logo is for everybody, as the log-in page is that shows it. That a service has
// none, waits for a manager, or does not exist is the same.
func (l *Logos) logo(w http.ResponseWriter, r *http.Request) error {
	s, err := l.Directory.ServiceByName(r.Context(), directory.ServiceName(r.PathValue("service")))
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	kind := kindOf(s.Logo)
	if err != nil || kind == "" || s.State != directory.Active {
		return web.Fail(http.StatusNotFound, "not-found", nil)
	}
	sum := sha256.Sum256(s.Logo)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	h := w.Header()
	h.Set("Etag", tag)
	h.Set("Cache-Control", "public, max-age=300")
	if r.URL.Query().Has("v") {
		h.Set("Cache-Control", "public, max-age=604800") // another picture has another address
	}
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(s.Logo)))
	_, _ = w.Write(s.Logo) // a browser that went away needs no picture
	return nil
}

// kindOf is the type of a picture by its content; of anything else it is empty.
func kindOf(picture []byte) string {
	switch kind := http.DetectContentType(picture); kind {
	case "image/png", "image/jpeg":
		return kind
	}
	return ""
}
