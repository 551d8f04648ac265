// SPDX-License-Identifier: AGPL-3.0-or-later

package services

import (
	"context"
	"errors"
	"net/http"

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
	if err != nil || s.State != directory.Active {
		return web.Fail(http.StatusNotFound, "not-found", nil)
	}
	return web.ShowPicture(w, r, s.Logo)
}
